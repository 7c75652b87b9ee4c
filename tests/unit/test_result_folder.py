"""Where a result may go: nothing of the user's is overwritten, and what cannot be is told early."""

import json
import subprocess
import sys
import tempfile

import pytest

from thermosim.errors import CaseError, StorageError
from thermosim.results import manifest
from thermosim.results.claims import ends_claims, release
from thermosim.results.folder import (
    RUN,
    check_target,
    keep_failed,
    numbers_kept,
    publish,
    staging_folder,
)
from thermosim.results.result import Result


def test_a_way_round_to_a_file_is_that_file(tmp_path):
    """`new/../file` is free until `new` is made; the file must still be there afterwards."""
    (tmp_path / "my.toml").write_text("mine")
    with pytest.raises(CaseError, match="is a file"):
        check_target(tmp_path / "new" / ".." / "my.toml", overwrite=True)
    assert (tmp_path / "my.toml").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["my.toml"]


def test_a_file_that_came_meanwhile_stays(tmp_path):
    staged = staging_folder(tmp_path / "out")
    (tmp_path / "out").write_text("mine")
    with pytest.raises(CaseError, match=f"the result is in {staged}"):
        publish(staged, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"
    assert staged.is_dir()


def test_a_file_in_the_way_is_told_before_the_computation(tmp_path):
    (tmp_path / "my.toml").write_text("mine")
    with pytest.raises(CaseError, match="a file stands in the way"):
        check_target(tmp_path / "my.toml" / "inside", overwrite=False)


def test_a_link_to_itself_is_told_before_the_computation(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(CaseError, match="a link that leads back to itself"):
        check_target(tmp_path / "loop", overwrite=True)


def test_a_folder_without_a_result_is_kept_even_with_overwrite(tmp_path):
    (tmp_path / "out").mkdir()
    check_target(tmp_path / "out", overwrite=False)
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    with pytest.raises(CaseError, match="holds no thermosim result"):
        check_target(tmp_path / "out", overwrite=True)


class Case:
    title = "t"

    @staticmethod
    def to_toml():
        return ""


def test_a_failed_run_takes_no_foreign_folder(tmp_path):
    foreign = tmp_path / "out.failed"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("mine")
    for _ in range(2):
        keep_failed(foreign, Case(), "no state", [])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["out.failed", "out.failed.2"]
    assert (foreign / "thesis.tex").read_text() == "mine"


def result(place, command=RUN, name="summary.json"):
    """Publish a folder with one file, as a command does."""
    staged = staging_folder(place)
    (staged / name).write_text("{}")
    publish(staged, place, command)
    return place


def test_a_failed_run_takes_no_result(tmp_path):
    """A finished result may be called like the record of a failure."""
    result(tmp_path / "out.failed")
    keep_failed(tmp_path / "out.failed", Case(), "no state", [])
    assert (tmp_path / "out.failed.2" / "log.txt").read_text() == "no state\n"
    assert not (tmp_path / "out.failed" / "log.txt").exists()


def test_an_older_result_of_the_same_command_is_replaced(tmp_path):
    out = result(tmp_path / "out", name="old.txt")
    with pytest.raises(CaseError, match="add --overwrite"):
        check_target(out, overwrite=False)
    check_target(out, overwrite=True)
    result(out, name="new.txt")
    assert [path.name for path in out.iterdir() if path.name[0] != "."] == ["new.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_another_command_wrote_stays(tmp_path):
    paper = result(tmp_path / "paper", "thermosim reproduce")
    with pytest.raises(CaseError, match="holds what thermosim reproduce wrote"):
        check_target(paper, overwrite=True)


@pytest.mark.parametrize("name", ["notes.txt", "inner"])
def test_what_the_user_put_into_a_result_stays(tmp_path, name):
    out = result(tmp_path / "out")
    (out / name).mkdir()
    with pytest.raises(CaseError, match=f"holds more than the result: {name}; move that"):
        check_target(out, overwrite=True)


def test_what_came_during_the_computation_is_taken_over(tmp_path):
    out = result(tmp_path / "out", name="old.txt")
    check_target(out, overwrite=True)
    for name in ("notes.txt", "new.txt"):
        (out / name).write_text("mine")
    result(out, name="new.txt")
    assert (out / "notes.txt").read_text() == (out / "new.txt.2").read_text() == "mine"
    assert (out / "new.txt").read_text() == "{}"
    assert not (out / "old.txt").exists()


def test_pictures_drawn_later_belong_to_the_result(tmp_path):
    out = result(tmp_path / "out")
    (out / "temperature.png").write_text("drawn")
    manifest.add(out, ["temperature.png"])
    check_target(out, overwrite=True)


def test_a_summary_alone_makes_no_result(tmp_path):
    (tmp_path / "summary.json").write_text("{}")
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(CaseError, match="holds no thermosim result"):
        check_target(tmp_path, overwrite=True)


CLAIM = """
import sys
from pathlib import Path
from thermosim.errors import CaseError, StorageError
from thermosim.results.folder import check_target
try:
    check_target(Path(sys.argv[1]), overwrite=True)
except CaseError as error:
    sys.exit(str(error))
print("claimed", flush=True)
sys.stdin.read()
"""


def claimer(place):
    """Start a process that claims a folder, says so, and waits for the end of its input."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-c", CLAIM, place], text=True, **pipes)


@pytest.mark.parametrize("killed", [False, True])
def test_two_runs_do_not_fill_one_folder(tmp_path, killed):
    place = tmp_path / "deep" / "out"
    first = claimer(place)
    assert first.stdout.readline() == "claimed\n"
    _, words = claimer(place).communicate()
    assert f"{place}: another run (" in words
    assert str(first.pid) in words
    with pytest.raises(CaseError, match="name another folder with -o"):
        check_target(place, overwrite=False)
    if killed:
        first.kill()
    first.communicate()
    check_target(place, overwrite=False)
    check_target(place, overwrite=False)  # this process holds it already
    result(place)
    assert [path.name for path in place.parent.iterdir()] == ["out"]


def test_a_claim_ends_with_the_run_that_made_it(tmp_path):
    @ends_claims
    def fails():
        check_target(tmp_path / "out", overwrite=False)
        raise ValueError

    with pytest.raises(ValueError):
        fails()
    out, _ = claimer(tmp_path / "out").communicate()
    assert out == "claimed\n"


def test_what_a_killed_run_left_is_cleared_up(tmp_path):
    """Killed between the two renames of a replacement, the older result is still there."""
    out = result(tmp_path / "out")
    (tmp_path / ".out.old.abcdefgh").mkdir()
    out.rename(tmp_path / ".out.old.abcdefgh" / "result")
    staging_folder(out)
    (tmp_path / ".out.mine").mkdir()
    with pytest.raises(CaseError, match="holds a result already"):
        check_target(out, overwrite=False)
    release(out)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.mine", "out"]


def test_a_very_deep_folder(tmp_path):
    """pathlib makes parents by recursion, which Python stops after about 1000."""
    place = tmp_path.joinpath(*("d" for _ in range(1500)))
    check_target(place, overwrite=False)
    release(place)
    for folder in [*place.parents][:1499]:  # pytest removes by recursion too
        folder.rmdir()
    with pytest.raises(CaseError, match="name too long"):
        check_target(tmp_path.joinpath(*("d" for _ in range(5000))), overwrite=False)


def test_what_cannot_be_written_leaves_its_numbers(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    found = Result({"a_K": 1.0}, {}, Case())
    with pytest.raises(StorageError, match=r"full; its numbers .*/out\.numbers$") as caught:
        fill_the_disk(tmp_path / "out", found)
    assert caught.value.result is found
    assert json.loads((tmp_path / "out.numbers" / "summary.json").read_text())["a_K"] == 1.0
    (tmp_path / "file").write_text("no folder can be made there")
    with pytest.raises(StorageError, match=r"temporary/out\.numbers$"):
        fill_the_disk(tmp_path / "file" / "out", found)


def fill_the_disk(place, found):
    with numbers_kept(place, found, ["line"]):
        raise StorageError("full")
