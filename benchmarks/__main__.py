"""``python -m benchmarks [PART ...] [-o FILE.json] [--quick]``, the parts as in `PARTS`."""

import argparse
import importlib
import json
import platform
import time
from functools import partial
from pathlib import Path

PARTS = ("heat", "optics", "fullwave", "mesh", "transient", "studies")
MORE = ("scale", "growth", "peers")
"""Only when asked for: minutes, and gigabytes of memory."""


def machine():
    from thermosim.results.provenance import versions

    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {"processor": model, "date": time.strftime("%Y-%m-%d"), **versions()}


def show(part, found):
    """Print nested results as aligned lines."""
    print(f"\n== {part}")
    for name, value in found.items():
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            if not isinstance(row, dict):
                print(f"{name}: {row}")
                continue
            print(f"{name}:")
            for key, item in row.items():
                text = f"{item:.4g}" if isinstance(item, float) else str(item)
                print(f"    {key:28s} {text}")


SMALLEST = {"heat": ("30k",), "growth": ("30k",), "scale": ("1e5",), "peers": ("30k",)}
PLACES = ("fem_python", "peers_python", "freefem", "folder")


def options_of(part, arguments):
    if part == "fullwave":
        return {"quick": arguments.quick}
    if part not in SMALLEST:
        return {}
    chosen = {"repeats": 1, "sizes": SMALLEST[part]} if arguments.quick else {}
    given = {"repeats": arguments.repeats, "sizes": arguments.sizes}
    if part == "peers":
        given |= {name: getattr(arguments, name) for name in PLACES}
    return chosen | {key: value for key, value in given.items() if value}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=[])
    parser.add_argument("-o", "--output", type=Path, default=Path("out/benchmarks.json"))
    parser.add_argument("--quick", action="store_true", help="smallest sizes, one repeat")
    parser.add_argument(
        "--sizes", nargs="+", help="of heat, growth, peers: 30k 200k 1M; of scale: 1e5 …"
    )
    parser.add_argument("--repeats", type=int, help="of heat, growth and peers; 3")
    parser.add_argument("--fem-python", help="of peers: command of thermosim's Python")
    parser.add_argument("--peers-python", help="of peers: command of the Python with NGSolve, …")
    parser.add_argument("--freefem", help="of peers: FreeFem++")
    parser.add_argument("--folder", help="of peers: meshes and caches; out/peers")
    arguments = parser.parse_args()
    report = {"machine": machine()}
    for part in arguments.parts or PARTS:
        if part not in (*PARTS, *MORE):
            parser.error(f"{part}: must be one of {', '.join((*PARTS, *MORE))}")
        module = importlib.import_module(f"benchmarks.bench_{part}")
        report[part] = module.run(**options_of(part, arguments))
        getattr(module, "show", partial(show, part))(report[part])
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(report, indent=2, default=str))
    print(f"\nwrote {arguments.output}")


main()
