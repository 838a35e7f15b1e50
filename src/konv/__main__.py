"""`python -m konv` is `konv`."""

from __future__ import annotations

import sys

from konv.cli import main

if __name__ == "__main__":
    sys.exit(main())
