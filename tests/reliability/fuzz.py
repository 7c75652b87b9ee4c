"""Shipped case files, changed at random and handed to `thermosim check` and `run`.

``python3 tests/reliability/fuzz.py --seconds 3600 --seed 7`` goes on for an hour (``make fuzz``).
Whatever stands in a file, the command ends soon, with a status that it promises and no traceback.
"""

import argparse
import contextlib
import copy
import io
import json
import math
import os
import random
import re
import select
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w

CLONE = Path(__file__).resolve().parents[2]
CASES = sorted((CLONE / "cases").rglob("*.toml"))
HANG = 20.0  # seconds of work that a file may take, and
COMPILING = 100.0  # as many that a run may take, whose forms nobody has compiled yet
CHUNK = 100  # files that a process judges before the tally is told
ASLEEP = 600.0  # seconds by the clock, on a machine that may be busy with other things
SMALL = ("mesh.max_cells=3000", "output.pictures=false", "solver.error_estimate=false")
OF_PARTICLES = ("mesh.cells_per_contact=4", "mesh.cells_per_radius=2")
HOSTILE = [
    "", "x", "5 parsec", "-3 K", "0 m", "1e19 um", "1e-30 um", "nan um", "inf K", "5 um um", "K",
    "1e400 W", "5 um^99", "T", "1/0", "x**999999", "((((((((((", "\u0000", "Ø ½ ∞", "x" * 10_000,
    "../../../etc/passwd", "~nobody-of-this-name/x.stl", "/dev/null", "/proc/self/mem", "/",
    -1, 0, 1, -1.0, 0.0, 1e308, -1e308, 5e-324, 10**18, -(10**18), math.nan, math.inf, -math.inf,
    True, False, [], {}, [[]], [0, 0, 0], ["1 um", "2 K"], [1] * 3000, {"kind": "none"},
    {"kind": "no such kind"}, {"expression": "1/0", "unit": "K"}, [{}], [{"kind": "table"}],
]  # fmt: skip
UNITS = ["um", "K", "W", "s", "Pa", "kW/cm^2", "1", "W/(m*K)", "nm", "degC", "eV", "%", "m^-3"]
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")


@dataclass
class Tally:
    """What a campaign found."""

    files: int = 0
    accepted: int = 0
    runs: int = 0
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def words(self):
        return (
            f"{self.files} files, {self.accepted} accepted, {self.runs} run; "
            f"slowest {self.slowest:.1f} s; {len(self.faults)} faults"
        )


def leaves(tree, path=()):
    """Yield the path of every value that is no section."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, key))


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def scaled(value, draw):
    """A number, or the number in a text, times some power of ten."""
    factor = 10.0 ** draw.choice([-25, -9, -3, -1, 1, 3, 9, 25]) * draw.choice([1, 1, -1])
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return draw.choice(HOSTILE)
    if isinstance(value, str):
        return _NUMBER.sub(lambda m: repr(float(m[0]) * factor), value, count=1)
    return type(value)(max(min(value * factor, 1e300), -1e300))


def change(tree, draw):
    """Change one thing of a case."""
    paths = list(leaves(tree))
    if not paths:
        return
    path = draw.choice(paths)
    parent, key = at(tree, path[:-1]), path[-1]
    kind = draw.choice(["hostile", "scale", "scale", "unit", "delete", "unknown", "swap", "graft"])
    if kind == "hostile":
        parent[key] = copy.deepcopy(draw.choice(HOSTILE))
    elif kind == "scale":
        parent[key] = scaled(parent[key], draw)
    elif kind == "unit" and isinstance(parent[key], str):
        parent[key] = f"{parent[key].partition(' ')[0]} {draw.choice(UNITS)}"
    elif kind == "delete":
        del parent[key]
    elif kind == "unknown" and isinstance(parent, dict):
        parent[f"{key}_{draw.randrange(9)}"] = copy.deepcopy(parent[key])
    elif kind == "swap":
        parent[key] = copy.deepcopy(at(tree, draw.choice(paths)))
    else:
        other = tomllib.loads(draw.choice(CASES).read_text())
        section = draw.choice(sorted(other))
        tree[section] = other[section]


def garbled(text, draw):
    """Change the text of a case, not caring whether it is TOML."""
    data = bytearray(text.encode())
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(len(data))
        kind = draw.choice(["cut", "byte", "digits", "repeat"])
        if kind == "cut":
            data = data[: place + 1]
        elif kind == "byte":
            data[place] = draw.randrange(256)
        elif kind == "digits":
            data[place:place] = b"1" * draw.choice([1, 30, 5000])
        else:
            data += data[place : place + 200]
    return bytes(data)


def mutant(seed, number):
    """Return the case that a changed file came from, and the file."""
    draw = random.Random(f"{seed} {number}")
    source = draw.choice(CASES)
    text = source.read_text()
    if draw.random() < 0.15:
        return source, garbled(text, draw)
    tree = tomllib.loads(text)
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        change(tree, draw)
    return source, tomli_w.dumps(tree).encode()


def fault(arguments, allowed):
    """Run a command in this process; return its status and what is wrong with how it ended."""
    from thermosim.cli import main

    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(arguments)
    except BaseException:
        return -1, traceback.format_exc(limit=-6)
    words = out.getvalue() + err.getvalue()
    if status not in allowed:
        return status, f"status {status}: {words[-500:]}"
    if status and not err.getvalue().strip():
        return status, f"status {status} without a word"
    told = re.sub(r"(?m)^(title|name) = .*$", "", out.getvalue())  # may hold any words
    if status == 0 and re.search(r"(?<![\w.])nan(?![\w.])", told):
        return status, f"nan in the answer: {words[-500:]}"
    return status, ""


def judge(path, folder, chosen, say):
    """Check a file, run it if it is `chosen` and accepted; return (accepted, ran, fault)."""
    say("check")
    status, wrong = fault(["check", str(path)], {0, 2})
    if wrong or status or not chosen or "transient" in (tree := tomllib.loads(path.read_text())):
        return status == 0, False, wrong
    say("run")
    target = folder / "out"
    arguments = ["run", str(path), "-o", str(target), "--overwrite", "--quiet"]
    for setting in SMALL + OF_PARTICLES if "particle" in tree else SMALL:
        arguments += ["--set", setting]
    status, wrong = fault(arguments, {0, 2, 3})
    if status == 0 and not wrong:
        wrong = wrong_numbers(json.loads((target / "summary.json").read_text()))
    for left in folder.glob("out*"):
        shutil.rmtree(left)
    return True, True, wrong


def wrong_numbers(summary):
    for name, value in summary.items():
        if isinstance(value, float) and not math.isfinite(value):
            return f"{name} = {value} in a summary"
    return ""


SHARE_OF_RUNS = float(os.environ.get("THERMOSIM_FUZZ_RUNS", "0.02"))


def child(numbers, seed, folder, pipe):
    """Judge files one after the other; say through the pipe what begins and how it ended."""
    for number in numbers:

        def say(*words):
            os.write(pipe, (json.dumps([number, *words]) + "\n").encode())  # noqa: B023 at once

        source, content = mutant(seed, number)
        path = folder / source.relative_to(CLONE).parent / f"mutant{number}.toml"
        path.write_bytes(content)
        chosen = random.Random(f"run {seed} {number}").random() < SHARE_OF_RUNS
        accepted, ran, wrong = judge(path, folder, chosen, say)
        say("end", accepted, ran, wrong[-3000:])
        path.unlink()


def campaign(seed, count=None, seconds=math.inf, tell=lambda text: None):
    """Judge `count` files, or as many as fit into the time, in processes that are watched."""
    tally, deadline, number = Tally(), time.monotonic() + seconds, 0
    with tempfile.TemporaryDirectory(prefix="thermosim-fuzz-") as name:
        folder = Path(name)
        for part in ("cases", "meshes"):
            shutil.copytree(CLONE / part, folder / part)
        while time.monotonic() < deadline and (count is None or number < count):
            last = number + CHUNK if count is None else min(number + CHUNK, count)
            number = watch(range(number, last), seed, folder, tally, deadline, tell)
            tell(f"seed {seed}: {tally.words()}")
    return tally


def watch(numbers, seed, folder, tally, deadline, tell):
    """Let a process judge files until it is done, hangs or dies; return the next number."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        child(numbers, seed, folder, writing)
        os._exit(0)
    os.close(writing)
    now, limit, began, worked = numbers.start, HANG, time.monotonic(), work_of(pid)
    with open(reading, "rb", buffering=0) as stream:
        while time.monotonic() < deadline:
            if not select.select([stream], [], [], 0.5)[0]:
                if work_of(pid) - worked > limit or time.monotonic() - began > ASLEEP:
                    complain(tally, seed, now, "hangs", tell)
                    now += 1
                    break
                continue
            line = stream.readline()
            if not line:
                break
            now, what, *outcome = json.loads(line)
            if what == "end":
                note(tally, seed, now, outcome, work_of(pid) - worked, tell)
                now += 1
            limit = COMPILING if what == "run" else HANG
            began, worked = time.monotonic(), work_of(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
        complain(tally, seed, now, f"died of signal {os.WTERMSIG(status)}", tell)
        now += 1
    return now


def work_of(pid):
    """Return the seconds of processor time of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def note(tally, seed, number, outcome, seconds, tell):
    accepted, ran, wrong = outcome
    tally.files += 1
    tally.accepted += accepted
    tally.runs += ran
    tally.slowest = max(tally.slowest, seconds)
    if wrong:
        complain(tally, seed, number, wrong, tell)


def complain(tally, seed, number, what, tell):
    source, content = mutant(seed, number)
    text = f"seed {seed}, number {number}, from {source.name}: {what}"
    tally.faults.append(text)
    kept = os.environ.get("THERMOSIM_FUZZ_KEEP")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        (Path(kept) / f"{seed}-{number}.toml").write_bytes(content)
    tell(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=math.inf)
    chosen = parser.parse_args()
    start = time.monotonic()
    tally = campaign(chosen.seed, chosen.count, chosen.seconds, lambda t: print(t, flush=True))
    print(f"{tally.words()}, in {time.monotonic() - start:.0f} s")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.path.insert(0, str(CLONE))
    sys.exit(main())
