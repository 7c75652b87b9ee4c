"""The notebooks run in a real kernel, and find the numbers that their text tells."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient", reason="nbclient is missing: pip install '.[notebook]'")
pytest.importorskip("ipykernel", reason="ipykernel is missing: pip install '.[notebook]'")
pytest.importorskip("dolfinx")
nbformat = pytest.importorskip("nbformat")
pytestmark = [
    pytest.mark.fem,
    pytest.mark.slow,
    # jupyter_client opens sockets that it leaves to the interpreter
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# By notebook: what is computed, as a name of the kernel, and how the text tells it. A number holds
# to half a unit of its last digit (and a little, for other versions of DOLFINx and gmsh).
TOLD = {
    "1_first_particle": {
        "warm": "2.77 K",
        "1e3 * cold": "-6.3 mK",
        "result.hot_spot_factor": "5.9",
        "1e9 * grain.check()['contact_radius_m']": "92 nm",
        "1e9 * grain.check()['conductance_contact_W_per_K']": "88 nW/K",
    },
    "2_light_in_a_particle": {
        "mean": "1.06",
        "peak": "195",
        "1e9 * fringe": "157 nm",
        "1e3 * found['uniform'].delta_T_mean_K": "-2.26 mK",
        "found['mie'].hot_spot_factor": "7.6",
        "100 * found['mie'].gain_reduction_rel": "44 %",
        "found['mie'].intensity_mean_W_per_m2 / 2e6": "1.80",
        "bright.delta_T_mean_K > 0.0": "it warms",
    },
    "3_size_study": {
        "1e3 * best": "-12.6 mK",
        "1e6 * size": "4.6 µm",
        "floating": "-21.4 K",
        "float(delta_T.sel(stage=stages[2]['name']).min())": "-19.6 K",
    },
    "4_own_geometry": {
        "tip": "3.4 K",
        "spot": "0.827 K",
        "abs(spot / closed - 1.0) < 0.005": "within half a per cent",
    },
    "5_fit_my_data": {
        "1e3 * spectrum.value('E_U')": "15.5 meV",
        "1e9 * cooling.value('contact_conductance')": "1.97 nW/K",
        "len(both.degenerate) == 1": "cannot be told apart",
    },
    "6_is_this_claim_possible": {
        "claim.verdict == 'impossible'": "Impossible",
        "1e9 * contact": "126 nW/K",
        "1e9 * allowed": "2.03 nW/K",
        "9e9 * allowed": "18.2 nW",
        "better.verdict == 'possible'": "claim is possible",
    },
}


def told_in(book):
    """The text of a notebook, minus signs and line ends as in the table above."""
    text = " ".join(cell.source for cell in book.cells)
    return re.sub(r"\s+", " ", text.replace("−", "-"))


def agrees(value, told):
    """Whether a number (or the truth of a sentence) is what the text says."""
    written = re.match(r"-?\d+(?:\.(\d+))?", told)
    if written is None:
        return value == 1.0
    half = 0.5 * 10.0 ** -len(written[1] or "")
    return abs(abs(value) - abs(float(written[0]))) <= 1.2 * half


def values_in(client, names):
    """Evaluate names in the kernel of a notebook that has run."""
    listed = ", ".join(f"float({name})" for name in names)
    cell = nbformat.v4.new_code_cell(f"import json; print(json.dumps([{listed}]))")
    client.nb.cells.append(cell)
    client.execute_cell(cell, len(client.nb.cells) - 1)
    return json.loads(cell.outputs[0].text)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A folder of notebooks beside links to what they read: nothing is written into the clone."""
    for name in ("cases", "examples", "meshes", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(
        ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("out")
    )
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path / "notebooks"


def test_there_are_six():
    assert [path.stem for path in NOTEBOOKS] == list(TOLD)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        assert not cell.get("outputs"), "clear all outputs before a commit"
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_finds_what_it_tells(path, copy):
    from jupyter_client.manager import AsyncKernelManager

    book = nbformat.read(copy / path.name, as_version=4)
    told = TOLD[path.stem]
    for text in told.values():
        assert text.lstrip("-") in told_in(book), "the text tells it no more"
    manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(copy / "kernel"))
    manager.kernel_spec.argv[0] = sys.executable
    client = nbclient.NotebookClient(
        book, km=manager, timeout=600, resources={"metadata": {"path": str(copy)}}
    )
    with client.setup_kernel(cleanup_kc=True):  # a manager handed over is not ended otherwise
        for k, cell in enumerate(list(book.cells)):
            client.execute_cell(cell, k)
        values = values_in(client, told)
    off = {
        text: value
        for text, value in zip(told.values(), values, strict=True)
        if not agrees(value, text)
    }
    assert not off
    faults = [
        output.text
        for cell in book.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert not faults, "what a notebook prints to stderr looks like a fault to its reader"


@pytest.mark.parametrize(
    ("value", "told", "agree"),
    [(2.769, "2.77 K", True), (2.80, "2.77 K", False), (-0.0063, "-6.3 mK", False),
     (1.0, "it warms", True), (0.0, "it warms", False), (88.4, "88 nW/K", True)],
)  # fmt: skip
def test_numbers_agree_to_their_digits(value, told, agree):
    assert agrees(value, told) is agree
