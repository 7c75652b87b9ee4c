"""What a shell does with the command: pipes that are closed early, completion."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from thermosim.cli import main

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-P", "-m", "thermosim"]


def test_head_takes_a_line_and_nobody_complains():
    with subprocess.Popen(
        [*COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout.readline() == "{\n"
        run.stdout.close()
        assert run.stderr.read() == ""
        assert run.wait(60) in (0, 141)


def test_a_reader_that_goes_away_is_no_fault_of_the_program():
    """What is printed before the reader has gone is more than a pipe holds."""
    with subprocess.Popen(
        [*COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        run.stdout.close()
        assert run.stderr.read() == ""
        assert run.wait(60) == 141


def test_completion_knows_commands():
    words = {
        "_THERMOSIM_COMPLETE": "complete_bash",
        "COMP_WORDS": "thermosim vi",
        "COMP_CWORD": "1",
    }
    script = (
        "import sys; sys.argv[0] = 'thermosim'; from thermosim.cli import main; sys.exit(main())"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env={**os.environ, **words}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.split() == ["view"]


@pytest.mark.parametrize(
    ("words", "number", "found"),
    [("th", 1, "thermosim"), ("thermosim vi", 2, "view"), ("thermosim run --qu", 3, "--quiet")],
)
def test_completion_through_docker_run(tmp_path, words, number, found):
    """docker/completion.bash asks the command inside, here that of this environment."""
    run = tmp_path / "run"
    command = "import sys; sys.argv[:] = ['thermosim']; from thermosim.cli import main; main()"
    run.write_text(f'#!/bin/sh\nexec {sys.executable} -P -c "{command}"\n')
    run.chmod(0o755)
    script = f"""
        . {ROOT}/docker/completion.bash
        COMP_WORDS=(docker/run {words}); COMP_CWORD={number}
        _thermosim_in_run {run}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [found]


@pytest.mark.parametrize(
    ("route", "words"), [("bwrap", "inside of docker/run alone"), ("host", "not on PATH")]
)
def test_completion_is_not_installed_for_a_command_off_path(
    tmp_path, monkeypatch, capsys, route, words
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("THERMOSIM_ROUTE", route)
    assert main(["--install-completion", "bash"]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
