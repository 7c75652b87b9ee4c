"""Files from outside: broken, endless or swollen ones are refused in one message, soon."""

import io
import os
import re
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from thermosim.case.read import load_case, read_toml
from thermosim.errors import CaseError, MeshError, StorageError
from thermosim.fem import native
from thermosim.language import files
from thermosim.results.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from thermosim.shapes import cad
from thermosim.shapes.solid_read import read_solid
from thermosim.shapes.triangulation import read_triangles
from thermosim.studies import dataset
from thermosim.thermometry import read_spectra

CLONE = Path(__file__).parents[2]
BODY = """
[geometry]
file = "{}"
unit = "1 m"
symmetry = "planar"
[materials.m]
conductivity = "1 W/(m*K)"
[regions.a]
material = "m"
[boundaries.rim]
temperature = "300 K"
"""
SQUARE = """SetFactory("OpenCASCADE");
Rectangle(1) = {0, 0, 0, 1, 1};
Physical Surface("a") = {1};
Physical Curve("rim") = {1, 2, 3, 4};
"""
BOMB = "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Nodes\n1 {0} 1 {0}\n2 1 0 {0}\n"


def mesh_of(folder, name, content):
    """Mesh a case whose geometry is a file of that content."""
    from thermosim.mesh import build
    from thermosim.model.of_case import model_of

    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "case.toml").write_text(BODY.format(name))
    return build.build(model_of(load_case(folder / "case.toml")).drawing)


@pytest.fixture
def gmsh():
    return pytest.importorskip("gmsh")


@pytest.mark.fem
def test_a_script_that_never_ends(tmp_path, gmsh, monkeypatch):
    monkeypatch.setattr(cad, "_SECONDS", 3.0)
    start = time.monotonic()
    endless = "For i In {0:1000000000000}\n x = i;\nEndFor\n"
    with pytest.raises(MeshError, match="not read it after 3 s; does a loop in it never end"):
        mesh_of(tmp_path, "a.geo", SQUARE + endless)
    assert time.monotonic() - start < 60


@pytest.mark.fem
def test_a_script_that_takes_all_memory(tmp_path, gmsh, monkeypatch):
    monkeypatch.setattr(cad, "_MEMORY", 10**9)
    hungry = "For i In {1:1000000000}\n x[i] = i; Point(i) = {i, i, i};\nEndFor\n"
    with pytest.raises(MeshError, match=r"in 0\.9 GB of memory"):
        mesh_of(tmp_path, "a.geo", SQUARE + hungry)


@pytest.fixture
def square(tmp_path, gmsh):
    """A good mesh file, as text."""
    with cad.gmsh_session() as session:
        (tmp_path / "square.geo").write_text(SQUARE)
        session.merge(str(tmp_path / "square.geo"))
        session.model.mesh.generate(2)
        session.write(str(tmp_path / "square.msh"))
    return (tmp_path / "square.msh").read_bytes()


@pytest.mark.fem
def test_meshes_cut_short_or_swollen(tmp_path, square):
    mesh_of(tmp_path, "good.msh", square)
    for share in (0.1, 0.4, 0.7, 0.95):
        with pytest.raises((MeshError, CaseError)):
            mesh_of(tmp_path, "cut.msh", square[: int(share * len(square))])
    for count in (10**9, 10**15):
        with pytest.raises(MeshError):
            mesh_of(tmp_path, "bomb.msh", BOMB.format(count))


@pytest.mark.fem
def test_names_in_other_letters(tmp_path, square):
    with pytest.raises(CaseError, match="known: äußen"):
        drawing_names(tmp_path, square.replace(b'"rim"', '"äußen"'.encode()))
    with pytest.raises(MeshError, match="not encoded in UTF-8"):
        drawing_names(tmp_path, square.replace(b'"rim"', '"äußen"'.encode("latin-1")))


def drawing_names(folder, content):
    from thermosim.model.of_case import model_of

    data, _ = mesh_of(folder, "a.msh", content)
    drawing = model_of(load_case(folder / "case.toml")).drawing
    drawing.check_names(data.regions, data.boundaries)


@pytest.mark.fem
def test_step_files_cut_short(tmp_path, gmsh):
    whole = next((CLONE / "meshes").rglob("*.st*p")).read_bytes()
    for share in (0.05, 0.5, 0.9):
        (tmp_path / "cut.step").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(MeshError):
            read_solid(tmp_path / "cut.step")


def test_surfaces_cut_short_or_swollen(tmp_path):
    whole = next((CLONE / "meshes").rglob("*.stl")).read_bytes()
    claims = b" " * 80 + struct.pack("<I", 2**31) + bytes(50)
    for content in (whole[: len(whole) // 2], claims, b"solid x\nfacet normal", b""):
        path = tmp_path / "part.stl"
        path.write_bytes(content)
        with pytest.raises(MeshError):
            read_triangles(path)
    with path.open("wb") as stream:
        stream.truncate(10**10)  # holds no bytes on the disk
    with pytest.raises(MeshError, match="too many"):
        read_triangles(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 1000, b"\xff\xfe", b"energy (eV),a\n1," + b"9" * 200_000, b"energy (eV)\n" * 3,
     b'energy (eV),a\n1,"' + b"x" * 200_000, b"energy (eV),a\n1,nan\n2,inf\n"],
)  # fmt: skip
def test_spectra_that_are_none(tmp_path, content):
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(CaseError):
        read_spectra(tmp_path / "s.csv")


def test_spectra_of_any_size(tmp_path):
    with (tmp_path / "s.csv").open("wb") as stream:
        stream.truncate(10**10)
    with pytest.raises(CaseError, match="too large"):
        read_spectra(tmp_path / "s.csv")


def study(folder):
    import xarray as xr

    data = xr.Dataset({"a": ("x", np.arange(5.0))})
    (folder / "study.nc").write_bytes(dataset.netcdf_bytes(data))
    return folder / "study.nc"


def test_studies_damaged_or_swollen(tmp_path, monkeypatch):
    path = study(tmp_path)
    assert dataset.read_dataset(path)["a"].values.tolist() == [0, 1, 2, 3, 4]
    monkeypatch.setattr(dataset, "_MOST_BYTES", 39)
    with pytest.raises(StorageError, match="holds 40 bytes"):
        dataset.read_dataset(path)
    whole = path.read_bytes()
    for share in (0.01, 0.5):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(StorageError, match="cannot be read"):
            dataset.read_dataset(path)


def packed(folder):
    """An archive of a kilobyte per megabyte that it unpacks to."""
    np.savez_compressed(folder / "a.npz", a=np.zeros(10**7))
    return folder / "a.npz"


def pickled(folder):
    """An archive that runs a program when it is unpickled."""

    class Program:
        def __reduce__(self):
            return os.mkdir, (str(folder / "unpickled"),)

    np.savez(folder / "a.npz", a=np.array([Program()], dtype=object))
    return folder / "a.npz"


def swollen(folder):
    """An archive whose header claims far more numbers than there are."""
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    np.lib.format.write_array_header_1_0(stream, header)
    with zipfile.ZipFile(folder / "a.npz", "w") as archive:
        archive.writestr("a.npy", stream.getvalue())
    return folder / "a.npz"


def cut(folder):
    np.savez(folder / "a.npz", a=np.zeros(1000))
    (folder / "a.npz").write_bytes((folder / "a.npz").read_bytes()[:4000])
    return folder / "a.npz"


@pytest.mark.parametrize("make", [packed, pickled, swollen, cut])
def test_archives(tmp_path, make):
    path = make(tmp_path)
    with pytest.raises(native.DAMAGED):
        native.read_npz(path)
    assert not (tmp_path / "unpickled").exists()


def test_any_byte_altered(tmp_path):
    """An archive is refused, or says what it said, whichever of its bytes is another one."""
    arrays = {"header": np.array('{"place": [3, 0, 1]}'), "a": np.arange(3.0)}
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    whole, refused = path.read_bytes(), 0
    for place in range(len(whole)):
        for bits in (1, 8, 0xFF):
            altered = bytearray(whole)
            altered[place] ^= bits
            try:
                read = native.read_npz(io.BytesIO(altered))
            except native.DAMAGED:
                refused += 1
                continue
            assert read.keys() == arrays.keys()
            assert all(np.array_equal(read[name], arrays[name]) for name in arrays)
    assert refused > len(whole)


def test_a_checkpoint_with_another_payload(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "thermosim.results.checkpoint._encode", lambda *_: sealed(packed(tmp_path).read_bytes())
    )
    write_checkpoint(tmp_path / "checkpoint.npz", {}, {})
    with pytest.raises(StorageError, match="is packed"):
        read_checkpoint(tmp_path / "checkpoint.npz")


def sealed(payload):
    import hashlib
    import json

    from thermosim.results import checkpoint

    seal = {"magic": checkpoint._MAGIC, "format": 1, "size": len(payload)}
    seal["sha256"] = hashlib.sha256(payload).hexdigest()
    return json.dumps(seal).encode() + b"\n" + payload


def test_nothing_unpickles_what_comes_from_outside():
    """Only the process that writes and reads netCDF is talked to in pickles."""
    uses = re.compile(r"pickle\.loads?\(|allow_pickle=True|\bmarshal\b|\bshelve\b|joblib")
    found = [
        path.name
        for path in sorted((CLONE / "thermosim").rglob("*.py"))
        for _ in uses.findall(path.read_text())
    ]
    assert found == ["dataset.py"] * 2
    assert Checkpoint.__module__ == "thermosim.results.checkpoint"


def test_a_cache_of_others_is_not_read(tmp_path):
    folder = tmp_path / "cache"
    native.private_folder(folder)
    path = folder / "a.npz"
    assert native.write_arrays(path, {"a": np.arange(3)})
    path.chmod(0o664)  # as some make all files; the folder counts
    assert native.read_cached(path)["a"].tolist() == [0, 1, 2]
    folder.chmod(0o777)
    with pytest.raises(native.DAMAGED):
        native.read_cached(path)
    native.private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o755
    if os.geteuid() == 0:
        os.chown(path, 12345, 12345)
        with pytest.raises(native.DAMAGED):
            native.read_cached(path)


def test_a_case_from_a_pipe(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 0.5)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CaseError, match="is a pipe into which nobody has written"):
        read_toml(tmp_path / "pipe")
    command = ["sh", "-c", f"(sleep 0.2; echo a = 1; sleep 0.2; echo b = 2) > {tmp_path}/pipe"]
    writer = subprocess.Popen(command)
    assert read_toml(tmp_path / "pipe") == {"a": 1, "b": 2}
    assert writer.wait() == 0
    with pytest.raises(CaseError, match="too large"):
        read_toml(Path("/dev/zero"))


@pytest.mark.parametrize("value", ["1" * 5000, "0x" + "1" * 5000, "-" + "9" * 4301])
def test_whole_numbers_of_any_length(value):
    """Python converts no more than 4300 digits."""
    case = CLONE / "cases" / "yamada2024_radiation_limited.toml"
    for key in ("mesh.max_cells", "particle.shape.radius"):
        with pytest.raises(CaseError, match=re.escape(key)):
            load_case(case, [f"{key}={value}"])


def test_a_needle_beyond_what_numbers_hold():
    case = CLONE / "cases" / "shapes" / "hexagonal_prism.toml"
    with pytest.raises(CaseError, match="too thin or too long"):
        load_case(case, ['particle.shape.length="1e19 um"'])


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x.stl", "x\0.stl", "x" * 5000 + ".stl"])
def test_names_that_no_file_can_have(name):
    with pytest.raises(ValueError, match="cannot be found"):
        files.named_file("/tmp", name)


def test_a_user_without_a_name_and_a_home():
    code = (
        "import os, pwd; os.environ.pop('HOME', None)\n"
        "def nobody(uid): raise KeyError(uid)\n"
        "pwd.getpwuid = nobody\n"
        "from thermosim.cli import main; main(['init', '--help'])\n"
        "from pathlib import Path; assert Path.home().is_dir()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CLONE, capture_output=True)
