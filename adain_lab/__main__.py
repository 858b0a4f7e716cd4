"""``python -m adain_lab`` is the ``adain-lab`` command."""

import sys

from adain_lab.cli import main

sys.exit(main())
