"""Write the golden numbers: ``python3 -m tests.golden.write [CASE ...]``; all without a name.

Run this only when a number is meant to change, and say in the commit which and why.
"""

import json
import sys

from .cases import GOLDEN, found, golden_cases, made_with, ran


def write(names):
    """Run the named cases and put what they gave into the golden file."""
    kept = json.loads(GOLDEN.read_text())["cases"] if GOLDEN.exists() else {}
    known = golden_cases()
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no golden case {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    for name in names or known:
        print(name, flush=True)
        kept[name] = found(ran(name))
    document = {
        "made_with": made_with(),
        "cases": {name: case for name, case in kept.items() if name in known},
    }
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    GOLDEN.write_text(text + "\n")


if __name__ == "__main__":
    write(sys.argv[1:])
