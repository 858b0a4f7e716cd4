"""The commands of ``adain-lab``, one module each: ``add`` describes it to argparse, ``run`` does it.

Heavy imports wait inside ``run``, so that ``--help`` answers at once.
"""

#: Modules of this package in the order in which ``adain-lab --help`` lists them.
COMMANDS = (
    "lab",
    "studio",
    "stylize",
    "batch",
    "sheet",
    "reproduce",
    "gatys",
    "video",
    "train",
    "bench",
    "export",
    "download",
    "samples",
    "info",
    "completion",
)

__all__ = ["COMMANDS"]
