"""Moving pictures: frames in, frames out."""
