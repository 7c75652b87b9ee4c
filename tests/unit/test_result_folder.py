"""Where a result may go: nothing of the user's is overwritten, and what cannot be is told early."""

import pytest

from thermosim.errors import CaseError
from thermosim.results.folder import check_target, keep_failed, publish, staging_folder


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


def test_a_folder_without_a_result_is_kept_even_with_overwrite(tmp_path):
    (tmp_path / "out").mkdir()
    check_target(tmp_path / "out", overwrite=False)
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    with pytest.raises(CaseError, match="holds no thermosim result"):
        check_target(tmp_path / "out", overwrite=True)


def test_a_failed_run_takes_no_foreign_folder(tmp_path):
    class Case:
        title = "t"

        @staticmethod
        def to_toml():
            return ""

    foreign = tmp_path / "out.failed"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("mine")
    for _ in range(2):
        keep_failed(foreign, Case(), "no state", [])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["out.failed", "out.failed.2"]
    assert (foreign / "thesis.tex").read_text() == "mine"
