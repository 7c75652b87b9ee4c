"""``python -m thermosim``."""

import sys

from thermosim.cli import main

if __name__ == "__main__":
    sys.exit(main())
