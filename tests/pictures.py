"""Pictures made up for tests."""

import numpy as np


def scene(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth, colourful picture with edges, as uint8 (H, W, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = [np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in rng.uniform(0, 5, (3, 3))]
    picture = 0.5 + 0.3 * np.stack(waves, -1)
    picture[(x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.05] = rng.uniform(0, 1, 3)
    return (picture.clip(0, 1) * 255).astype(np.uint8)
