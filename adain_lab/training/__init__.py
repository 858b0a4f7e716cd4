"""How a decoder learns: settings, pictures, steps, checkpoints, curves."""
