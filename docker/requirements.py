#!/usr/bin/env python3
"""Print what pip has to install, from the one list in pyproject.toml.

Run by the Python that will use the packages. With ``--missing``, print only what is not installed
yet, and fail where DOLFINx is absent (3) or too old (4). With ``--wheels``, print also DOLFINx's
own wheels; with ``--lock``, the exact versions of all wheels, as constraints for pip.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
LOCK = PYPROJECT.with_name("uv.lock")
OLDEST_DOLFINX = (0, 9)
ABSENT, TOO_OLD = 3, 4
WHEELS = "fem"  # the extra that conda and Debian do without
DISTRIBUTIONS = ("fenics-dolfinx", "dolfinx-solver-real")


def dolfinx_version() -> str | None:
    """Version of the DOLFINx that this Python would import, without importing it."""
    if importlib.util.find_spec("dolfinx") is None:
        return None
    for name in DISTRIBUTIONS:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    import dolfinx

    return str(dolfinx.__version__)


def as_numbers(version: str) -> tuple[int, ...]:
    """Turn "0.9.0.post1" into (0, 9)."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def requirements(*, wheels: bool) -> list[str]:
    """Requirement lines: core and every extra, that of DOLFINx's wheels if asked for."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return project["dependencies"] + [
        line for name, lines in extras.items() for line in lines if wheels or name != WHEELS
    ]


def locked() -> list[str]:
    """Constraints: every package that uv.lock holds, but for thermosim itself."""
    packages = tomllib.loads(LOCK.read_text(encoding="utf-8"))["package"]
    return [f"{p['name']}=={p['version']}" for p in packages if "registry" in p["source"]]


def is_installed(requirement: str) -> bool:
    """Whether some version of the distribution is there; pip judges the version when it is not."""
    name = re.match(r"[\w.-]+", requirement)
    assert name is not None, requirement
    try:
        metadata.version(name.group())
    except metadata.PackageNotFoundError:
        return "platform_machine" in requirement
    return True


def main() -> int:
    """Print the lines asked for."""
    if "--wheels" in sys.argv[1:] or "--lock" in sys.argv[1:]:
        lines = requirements(wheels=True) if "--wheels" in sys.argv[1:] else locked()
        print("\n".join(lines))
        return 0
    version = dolfinx_version()
    if version is None:
        return ABSENT
    if as_numbers(version) < OLDEST_DOLFINX:
        print(version)
        return TOO_OLD
    lines = requirements(wheels=False)
    if "--missing" in sys.argv[1:]:
        lines = [line for line in lines if not is_installed(line)]
    print("\n".join(lines), end="\n" if lines else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
