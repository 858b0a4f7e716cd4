"""Paint the style pictures of data/samples/style.

    python tools/paint_styles.py [NAME ...] [-o DIR] [--list]

Every picture is made by a program of this repository (see `paint/`), from
noise, brush strokes and geometry, with a fixed seed: painting one twice gives
the same file. Only numpy and Pillow are needed.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
from paint import PICTURES  # noqa: E402
from paint.brush import S  # noqa: E402

SEED = 1
#: Of the painting program; it grows when a picture that is painted again comes out otherwise than it is stored.
VERSION = 1
STYLE_DIR = Path(__file__).resolve().parents[1] / "data" / "samples" / "style"


def paint(name):
    """The picture of that name as a PIL image, reduced to its final size."""
    painter = PICTURES[name][0]
    picture = np.clip(painter(np.random.default_rng(SEED)), 0, 1)
    large = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
    return large.resize((large.width // S, large.height // S), Image.LANCZOS)


def save(image, path):
    """Write a JPEG with full colour resolution: fine bright marks would turn grey otherwise."""
    image.save(path, quality=90, subsampling=0, optimize=True)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures to paint (default: all)")
    parser.add_argument("-o", "--output", type=Path, default=STYLE_DIR, metavar="DIR")
    parser.add_argument("--list", action="store_true", help="only print the names")
    args = parser.parse_args(argv)
    unknown = [name for name in args.names if name not in PICTURES]
    if unknown:
        parser.error(f"no picture called {unknown[0]!r}; choose from {', '.join(PICTURES)}")
    if args.list:
        print("\n".join(f"{name:20} {PICTURES[name][1]}" for name in PICTURES))
        return
    args.output.mkdir(parents=True, exist_ok=True)
    for name in args.names or PICTURES:
        path = args.output / f"{name}.jpg"
        save(paint(name), path)
        print(f"{path.name}: {path.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    main()
