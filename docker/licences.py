#!/usr/bin/env python3
"""Print the licence of every distribution that this Python has, and fail where one is not free.

Run by the Python of the environment that is shipped (an image, a folder of wheels): what it prints
belongs beside it. gmsh is under the GNU GPL: who passes on an environment with it passes on its
source, or where it is, too.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata

FREE = re.compile(
    r"MIT|BSD|Apache|MPL|Mozilla|PSF|Python Software Foundation|ISC|LGPL|Lesser|GPLv2\+|MPICH|Zlib"
)
# packages whose metadata name only the holder of the copyright; read in the files they install
READ = {"embreex": "BSD-2-Clause; the Embree and TBB in it Apache-2.0"}


def licence(found: metadata.Distribution) -> str:
    """Return what a distribution says of its licence: an expression, classifiers, or free text."""
    about = found.metadata
    classes = [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    words = "; ".join(line.split(" :: ")[-1] for line in classes)
    free_text = (about.get("License") or "").strip().split("\n")[0]
    return about.get("License-Expression") or words or free_text


def main() -> int:
    """Print name, version and licence; 1 if the licence of some is not known to be free."""
    unknown = []
    for found in sorted(metadata.distributions(), key=lambda d: d.name.lower()):
        words = READ.get(found.name, licence(found))
        print(f"{found.name} {found.version}: {words or 'not said'}")
        if not FREE.search(words):
            unknown.append(found.name)
    if unknown:
        print(f"licence not known to be free: {', '.join(unknown)}", file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
