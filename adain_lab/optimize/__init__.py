"""Pictures found by optimisation: Gatys' transfer, feature inversion, textures."""
