"""Parts of distributed meshes on disk: written as a whole, and known when they are damaged."""

import os

import numpy as np
import pytest

from thermosim.fem import native

PART = native.Part({"stamp": "a", "report": {"n_cells": 7.0}}, {"x": np.arange(5000.0)})


@pytest.fixture
def entry(tmp_path):
    return native.entry_of(tmp_path / "meshes" / "abc.npz", 2, "0.9.0")


def written(entry, part=PART):
    aside = native.begin(entry)
    for rank in (0, 1):
        assert native.write_part(aside, rank, 2, part)
    native.publish(aside, entry)
    return entry / "1.npz"


def test_a_part_comes_back(entry):
    written(entry)
    found = native.read_part(entry, 1, 2)
    assert found.header["stamp"] == "a"
    assert found.header["report"] == {"n_cells": 7.0}
    assert np.array_equal(found.arrays["x"], PART.arrays["x"])
    assert [path.name for path in entry.parent.iterdir()] == [entry.name]


def test_ranks_and_version_name_the_entry(entry):
    file = entry.with_name("abc.npz")
    others = [native.entry_of(file, 3, "0.9.0"), native.entry_of(file, 2, "0.11.0")]
    assert len({entry, *others}) == 3


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_none(entry, keep):
    file = written(entry)
    size = file.stat().st_size
    os.truncate(file, keep if isinstance(keep, int) else int(keep * size))
    assert native.read_part(entry, 1, 2) is None


def test_an_altered_number_is_none(entry):
    file = written(entry)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert native.read_part(entry, 1, 2) is None


@pytest.mark.parametrize(("rank", "ranks"), [(0, 2), (1, 3), (2, 2)])
def test_the_part_of_another_rank_is_none(entry, rank, ranks):
    file = written(entry)
    target = entry / f"{rank}.npz"
    target.write_bytes(file.read_bytes())
    assert native.read_part(entry, rank, ranks) is None


def test_foreign_files_are_none(entry):
    file = written(entry)
    for arrays in ({"x": np.arange(3)}, {"header": np.array("[]")}, {"header": np.array("{")}):
        np.savez(file, **arrays)
        assert native.read_part(entry, 1, 2) is None
    file.write_text("no archive")
    assert native.read_part(entry, 1, 2) is None


def test_another_format_is_none(entry, monkeypatch):
    written(entry)
    monkeypatch.setattr(native, "FORMAT", native.FORMAT + 1)
    assert native.read_part(entry, 1, 2) is None


def test_an_entry_is_replaced(entry):
    written(entry)
    written(entry, native.Part({"stamp": "b"}, {}))
    assert native.read_part(entry, 0, 2).header["stamp"] == "b"
    assert [path.name for path in entry.parent.iterdir()] == [entry.name]


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "meshes").write_text("in the way")
    assert native.begin(tmp_path / "meshes" / "a.native") is None
    assert not native.write_part(tmp_path / "gone", 0, 1, PART)


def test_what_was_used_longest_ago_goes_first(entry):
    folder = entry.parent
    written(entry)
    used = {f"{name}.npz": 100 * (7 * i % 10) for i, name in enumerate("abcdefghij")}
    for name, time in used.items():
        (folder / name).write_bytes(bytes(1000))
        os.utime(folder / name, (time, time))
    os.utime(entry, (550, 550))
    size = sum(file.stat().st_size for file in entry.iterdir())
    by_age = sorted(used, key=used.__getitem__)
    for limit, left in (
        (size + 10_000, {entry.name, *by_age}),
        (size + 8_500, {entry.name, *by_age[2:]}),
        (size + 4_000, {entry.name, *by_age[6:]}),
        (2_000, set(by_age[8:])),
    ):
        native.prune(folder, limit)
        assert {path.name for path in folder.iterdir()} == left
