"""Pictures between files, Pillow, arrays and tensors.

Inside the package a picture is RGB, float, (B, 3, H, W), in [0, 1]. Everything
that people have on their disks is converted here, and only here. Opening and saving does not wait for PyTorch.
"""

from adain_lab.images.opening import (
    MAX_BYTES,
    MAX_PIXELS,
    PICTURE_ENDINGS,
    PictureFile,
    UnknownFormat,
    as_rgb,
    decoding,
    open_image,
    open_picture,
    read_picture,
    upright,
)
from adain_lab.images.saving import FORMATS, RECIPE_KEY, save_image, to_bytes
from adain_lab.images.sizes import check_size, resize, resized
from adain_lab.images.tensors import array_to_pil, check_images, image_grid, of_one_colour, to_pil, to_tensor

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "PICTURE_ENDINGS",
    "RECIPE_KEY",
    "PictureFile",
    "UnknownFormat",
    "array_to_pil",
    "as_rgb",
    "check_images",
    "check_size",
    "decoding",
    "image_grid",
    "of_one_colour",
    "open_image",
    "open_picture",
    "read_picture",
    "resize",
    "resized",
    "save_image",
    "to_bytes",
    "to_pil",
    "to_tensor",
    "upright",
]
