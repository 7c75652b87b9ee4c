"""Each broken case file ends with status 2 and one clear message, and leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import thermosim
from thermosim.cli import main

from .broken_cases import BROKEN, GOOD


def refused(capsys, *arguments):
    """Run the command line, which must refuse, and return its message."""
    assert main([str(a) for a in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("thermosim: ")
    assert "Traceback" not in captured.err
    assert "pydantic" not in captured.err
    return captured.err


@pytest.fixture
def nothing_left(tmp_path, monkeypatch):
    """A folder of its own, in which a refused run must leave only what was there."""
    monkeypatch.chdir(tmp_path)
    return lambda *names: sorted(p.name for p in tmp_path.rglob("*")) == sorted(names)


def test_the_good_case_is_good(tmp_path, capsys):
    (tmp_path / "good.toml").write_text(GOOD)
    assert main(["check", str(tmp_path / "good.toml")]) == 0
    assert "valid" in capsys.readouterr().out


def test_there_are_many():
    assert len(BROKEN) >= 90


@pytest.mark.parametrize("name", BROKEN)
def test_broken_case(name, nothing_left, tmp_path, capsys):
    text, words = BROKEN[name]
    (tmp_path / "case.toml").write_text(text)
    message = refused(capsys, "check", "case.toml")
    for word in words:
        assert word in message
    lines = message.removeprefix("thermosim: ").splitlines()
    assert all(line.startswith("case.toml: ") for line in lines)
    assert len(lines) <= 31
    assert max(len(line) for line in lines) < 500
    assert nothing_left("case.toml")


def test_a_key_that_is_called_like_its_kind(tmp_path, capsys):
    """`[geometry]` of kind "file" has a key `file`: faults of other keys are not its own."""
    (tmp_path / "a.geo").write_text("Point(1) = {0, 0, 0};\n")
    (tmp_path / "case.toml").write_text(
        '[geometry]\nfile = "a.geo"\nunit = "5 kg"\nfoo = 1\n[regions.a]\nmaterial = "silicon"\n'
    )
    message = refused(capsys, "check", tmp_path / "case.toml")
    assert "geometry.symmetry: is missing" in message
    assert 'geometry.unit = "5 kg"' in message
    assert "unknown key geometry.foo" in message
    assert "geometry.file" not in message


TOLD_ONCE = {
    "[1, 2]": ["boundaries[0] = 1: must be text", "boundaries[1] = 2: must be text"],
    '["top", "top"]': ["stands twice"],
}


@pytest.mark.parametrize(("given", "said"), TOLD_ONCE.items(), ids=TOLD_ONCE)
def test_a_fault_is_told_once(given, said, tmp_path, capsys):
    text = BROKEN["enclosure_twice"][0].replace('["top", "top"]', given)
    (tmp_path / "case.toml").write_text(text)
    lines = refused(capsys, "check", tmp_path / "case.toml").splitlines()
    assert len(lines) == len(said)
    for line, words in zip(lines, said, strict=True):
        assert words in line


@pytest.mark.parametrize("command", ["run", "gain", "limits", "trpl", "check"])
def test_every_command_refuses_alike(command, nothing_left, tmp_path, capsys):
    (tmp_path / "case.toml").write_text(BROKEN["negative_radius"][0])
    message = refused(capsys, command, "case.toml")
    assert 'particle.shape.radius = "-5 um": must be > 0' in message
    assert nothing_left("case.toml")


def test_all_faults_at_once(tmp_path, capsys):
    path = tmp_path / "case.toml"
    path.write_text(GOOD.replace('"5 um"', '"-5 um"').replace("300 K", "300 m").replace("0.9", "2"))
    lines = refused(capsys, "check", path).splitlines()
    assert len(lines) == 3


def test_a_misspelt_key_is_told_once(tmp_path, capsys):
    path = tmp_path / "case.toml"
    path.write_text(BROKEN["typo_in_key"][0])
    assert len(refused(capsys, "check", path).splitlines()) == 1


def test_case_level_faults_at_once(tmp_path, capsys):
    path = tmp_path / "case.toml"
    path.write_text(GOOD.replace('"muscovite"', '"slate"').replace('"Cs4PbBr6"', '"lead"'))
    lines = refused(capsys, "check", path).splitlines()
    assert len(lines) == 2
    path.write_text(GOOD.replace('"100 nm"', '"6 um"').replace('"300 K"', '"77 K"'))
    lines = refused(capsys, "check", path).splitlines()
    assert len(lines) == 2


BYTES = {
    "binary": (bytes(range(256)) * 40, "no text file"),
    "elf": (b"\x7fELF\x02\x01\x01" + b"\x00" * 200, "TOML"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\xff" * 100, "no text file"),
    "utf_16": (GOOD.encode("utf-16"), "no text file"),
    "latin_1": (GOOD.replace("good", "gut für µm").encode("latin-1"), "no text file"),
    "null_bytes": (b"\x00" * 1000, "is not valid TOML"),
}


@pytest.mark.parametrize("name", BYTES)
def test_no_text(name, tmp_path, capsys):
    path = tmp_path / "case.toml"
    path.write_bytes(BYTES[name][0])
    assert BYTES[name][1] in refused(capsys, "check", path)


def test_no_file(nothing_left, capsys):
    assert "case.toml: no such file; `thermosim init`" in refused(capsys, "check", "case.toml")
    assert nothing_left()


def test_directory(tmp_path, capsys):
    assert "is a directory" in refused(capsys, "run", tmp_path)


def test_file_as_a_folder(tmp_path, capsys):
    (tmp_path / "case.toml").write_text(GOOD)
    assert "cannot be read" in refused(capsys, "check", tmp_path / "case.toml" / "inner.toml")


def test_circle_of_links(tmp_path, capsys):
    (tmp_path / "a.toml").symlink_to(tmp_path / "b.toml")
    (tmp_path / "b.toml").symlink_to(tmp_path / "a.toml")
    assert "cannot be read" in refused(capsys, "check", tmp_path / "a.toml")


def test_endless_device(capsys):
    assert "too large" in refused(capsys, "check", "/dev/zero")


def test_name_too_long(capsys):
    assert "cannot be read" in refused(capsys, "check", "x" * 5000)


def test_light_beyond_the_tables(capsys):
    """Found by `check`, too, and no traceback of a run."""
    case = Path(__file__).parents[2] / "cases" / "shapes" / "sphere_on_pedestal.toml"
    words = refused(capsys, "check", case, "--set", 'laser.photon_energy="2e-9 eV"')
    assert "laser: Cs4PbBr6: refractive index is tabulated from 532 to 532 nm" in words


def test_unreadable(tmp_path, capsys, monkeypatch):
    def denied(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "case.toml"
    path.write_text(GOOD)
    monkeypatch.setattr("thermosim.language.files.os.open", denied)
    assert "cannot be read: Permission denied" in refused(capsys, "check", path)


@pytest.mark.parametrize("filling", ["zeros", "text"])
def test_hundred_megabytes(filling, tmp_path, capsys):
    path = tmp_path / "case.toml"
    if filling == "zeros":
        with path.open("wb") as stream:
            stream.truncate(100_000_000)  # sparse
    else:
        path.write_bytes(b"# thermosim\n" * 8_400_000)
    assert "too large for a case file" in refused(capsys, "check", path)


SETS = {
    "no_equals": ("particle.shape.radius", "--set particle.shape.radius: write"),
    "no_key": ("=3", "--set =3: write"),
    "empty_part": ("particle..radius=3", "write --set"),
    "through_a_value": ("title.x=1", "title is no section"),
    "no_unit": ("particle.shape.radius=5", "particle.shape.radius = 5: needs a unit"),
    "typo": ("particle.shape.raduis=5 um", "did you mean radius?"),
    "wrong_kind": ("contact.kind=jrk", "did you mean jkr?"),
    "negative": ("particle.shape.radius=-2 um", 'particle.shape.radius = "-2 um": must be > 0'),
}


@pytest.mark.parametrize("name", SETS)
def test_broken_override(name, tmp_path, capsys):
    (tmp_path / "case.toml").write_text(GOOD)
    text, words = SETS[name]
    assert words in refused(capsys, "check", tmp_path / "case.toml", "--set", text)


@pytest.mark.parametrize(
    "content",
    [b"", b"energy (eV)\n1\n2\n3\n", b"x,y\n1,2\n", b"\xff\xfe\x00", b"energy (eV),a\n1,2\n2,x\n"],
    ids=["empty", "no_signal", "no_header", "binary", "text"],
)
def test_broken_spectrum_of_a_case(content, tmp_path, capsys):
    (tmp_path / "line.csv").write_bytes(content)
    text = f'{GOOD}\n[gain.emission]\nkind = "spectrum"\nfile = "line.csv"\n'
    (tmp_path / "case.toml").write_text(text)
    message = refused(capsys, "check", tmp_path / "case.toml")
    assert "gain.emission.file" in message
    assert str(tmp_path / "line.csv") in message


def test_broken_surface_of_a_case(tmp_path, capsys):
    (tmp_path / "grain.stl").write_bytes(b"solid nothing\nendsolid nothing\n")
    shape = 'kind = "surface"\npath = "grain.stl"\nunit = "1 um"'
    text = GOOD.replace('kind = "sphere"\nradius = "5 um"', shape).replace("axisymmetric", "3d")
    (tmp_path / "case.toml").write_text(text)
    assert "particle.shape.path" in refused(capsys, "check", tmp_path / "case.toml")


@pytest.mark.parametrize("name", ["typo_in_key", "unquoted_quantity", "nested_too_deeply"])
def test_as_a_process(name, tmp_path):
    (tmp_path / "case.toml").write_text(BROKEN[name][0])
    command = [sys.executable, "-m", "thermosim", "run", "case.toml", "-o", "out"]
    environment = {**os.environ, "PYTHONPATH": str(Path(thermosim.__file__).parents[1])}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("thermosim: case.toml: ")
    assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["case.toml"]
