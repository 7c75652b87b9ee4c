"""``python -m thermosim``."""

import sys

from thermosim.cli import main

sys.exit(main())
