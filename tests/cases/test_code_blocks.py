"""What the pages tell a reader to run runs: commands on coarse meshes, Python as it is."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import code_blocks
import pytest

pytest.importorskip("dolfinx")
pytestmark = [pytest.mark.fem, pytest.mark.slow]

from thermosim.cli import main  # noqa: E402

ROOT = code_blocks.ROOT

# Commands that are checked in wiring/ (options, files) and not run here, and why.
NOT_RUN = {
    "mpirun ": "tests/mpi and tests/cases/test_sweep_real.py start ranks, alone on the machine",
    "mpiexec ": "as mpirun, by wheels",
    "srun ": "docker/slurm/walk has a Slurm",
    "reproduce yamada2024": "tests/unit/cli/test_reproduce_command.py; half an hour",
    "sweep cases/size_study.toml": "150 points; tests/cases/test_sweep_real.py runs some of them",
    "fit decays.csv": "a file of the reader: docs/fit.md runs the example",
    "doctor": "tests/unit/test_doctor.py",
    "optimise cases/microparticle": "ten minutes; docs/optimise.md runs another",
    "ladder my.toml": "docs/ladder.md runs the ladder of a shipped case",
    "claim my.toml": "docs/claim.md runs the claim of a shipped case",
    "truncated_octahedron": "tests/golden runs it on a coarse mesh",
}
COARSE = ["--set", "mesh.cells_per_radius=4", "--set", "mesh.cells_per_contact=20"]
QUICK = ["--set", "uncertainty.method=none", "--set", "output.pictures=false"]
FEW = [(re.compile(r":\d+log"), ":2log"), (re.compile(r"=0.01\.\.30 kW"), "=1..10 kW")]


def prepared(words):
    """A command with the settings that make it quick; its options are the reader's."""
    command, case = words[0], words[1] if len(words) > 1 else ""
    words = list(words)
    for pattern, less in FEW if command == "sweep" else ():
        words = [pattern.sub(less, word) for word in words]
    own = any(part in case for part in ("cylinder", "chip", "dots/"))
    if command in ("run", "sweep"):
        words += ["--overwrite", *([] if own else COARSE), *(QUICK if command == "run" else [])]
    if command == "optimise":
        words += ["--lumped", "--overwrite"] if "-o" in words else ["--lumped"]
    if "steps" in case:
        words += ["--set", 'transient.duration="20 min"', "--set", "transient.field_times=[]"]
    return words


def is_run(line):
    """Whether it is run below; what a block shows with its output is run there, once."""
    if not code_blocks.words_of(line) or any(part in line for part in NOT_RUN):
        return False
    shown = ("claim cases/microparticle", "ladder cases/microparticle", "optimise cases/yamada")
    return not any(part in line for part in shown)


@pytest.fixture
def desk(tmp_path):
    """A folder that looks like a clone to what reads, and keeps what is written."""
    for name in ("cases", "examples", "meshes"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def done_there(command, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "MPLBACKEND": "agg"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900
    )


def started(words, folder):
    """Run `thermosim …` as a process of its own."""
    return done_there([sys.executable, "-m", "thermosim", *words], folder)


def called(words, folder):
    """Run `thermosim …` in this process, which has imported everything; any warning is an error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(list(words))
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


def of_its_own():
    """The first line of each command over all pages: it is started, the others are called."""
    first: dict[str, str] = {}
    for page in PAGES_THAT_RUN:
        for line in lines_of_page(page):
            first.setdefault(code_blocks.words_of(line)[0], line)
    return set(first.values())


def lines_of_page(page):
    found = [b for b in code_blocks.blocks() if b.page == page and b.language in ("console", "sh")]
    return [line for block in found for line in code_blocks.lines_of(block) if is_run(line)]


def own_files(page, folder):
    """Files that a page tells its reader to write, and a starter where it begins with one."""
    for block in code_blocks.blocks("toml"):
        if block.page == page and "Cantilever" in block.text:
            (folder / "chip.toml").write_text(block.text)
    if page in ("README", "start", "studies"):
        name = "case.toml" if page == "studies" else "my.toml"
        assert called(["init", name], folder).returncode == 0
        (folder / name).rename(folder / f"{name}.kept")


PAGES_THAT_RUN = [page.stem for page in code_blocks.PAGES if lines_of_page(page.stem)]


@pytest.mark.parametrize("page", PAGES_THAT_RUN)
def test_the_commands_of_a_page_run(page, desk):
    own_files(page, desk)
    for kept in desk.glob("*.kept"):  # `init` of the page itself comes first where there is one
        if not any("init my.toml" in line for line in lines_of_page(page)):
            kept.rename(desk / kept.stem)
    for line in lines_of_page(page):
        words = prepared(code_blocks.words_of(line))
        done = started(words, desk) if line in of_its_own() else called(words, desk)
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}\n{done.stderr}"


def test_what_is_not_run_is_there():
    """An exception that no page needs any more is taken off the list."""
    lines = " ".join(line for _, line in code_blocks.commands())
    assert not [part for part in NOT_RUN if part not in lines]
    assert len(PAGES_THAT_RUN) >= 8


SHOWN = {
    "claim": 0,
    "ladder": 1,
    "optimise": 1,
}  # pages whose blocks show an output, lines that vary


@pytest.mark.parametrize("page", SHOWN)
def test_a_block_shows_what_is_printed(page, desk):
    block = next(b for b in code_blocks.blocks("console") if b.page == page)
    (line,) = code_blocks.lines_of(block)
    done = started(code_blocks.words_of(line), desk)
    assert done.returncode == 0, done.stderr
    printed = plain(done.stdout)
    missing = [row for row in plain_rows(code_blocks.output_of(block)) if row not in printed]
    assert len(missing) <= SHOWN[page], (missing, printed)


def plain(text):
    return re.sub(r"\s+", " ", text.replace("−", "-"))


def plain_rows(text):
    """Lines of an output; a sentence that the page folds counts as one."""
    rows = [plain(row).strip() for row in text.splitlines()]
    return [plain(text).strip()] if all(len(row) > 60 for row in rows[:1]) else rows


# Python


def python_pages():
    pages = dict.fromkeys(block.page for block in code_blocks.blocks("python"))
    return [page for page in pages if page not in UNDRAWN]


UNDRAWN = {"pictures": "tests/cases/test_pictures.py: draws folders that a reader has"}


@pytest.mark.parametrize("page", python_pages())
def test_the_python_of_a_page_runs(page, desk):
    """Each block is a file of its own, as a reader would make it; the ones before it come first."""
    starter = ("my.toml", "case.toml")
    for name in starter:
        assert called(["init", name], desk).returncode == 0
    texts = [block.text for block in code_blocks.blocks("python") if block.page == page]
    Path(desk / "page.py").write_text("\n".join(texts))
    done = done_there([sys.executable, "-W", "error::DeprecationWarning:__main__", "page.py"], desk)
    assert done.returncode == 0, done.stderr
