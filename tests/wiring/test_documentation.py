"""What the pages of docs/ say of the code is so: messages, equations, pictures; the site builds."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))


def rows_of(page):
    """Cells of the rows of all tables of a page, heads left out."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = []
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found.append(cells)
    return found


# docs/errors.md


def words_of_the_code():
    """Source text with pieces of one string joined, as a message is printed."""
    files = [*(ROOT / "thermosim").rglob("*.py"), *(ROOT / "docker").rglob("*")]
    text = "\n".join(
        f.read_text(encoding="utf-8") for f in files if f.is_file() and f.suffix != ".pyc"
    )
    return re.sub(r"\s+", " ", re.sub(r"[\"']\s*\n\s*f?[\"']", "", text))


def test_every_message_that_is_explained_is_one_that_is_printed():
    code, unknown, known = words_of_the_code(), [], 0
    for cells in rows_of("errors.md"):
        for message in re.findall(r"`([^`]+)`", cells[0]):
            for words in message.split("…"):
                if len(words.strip(" ;,=()")) > 3:
                    known += 1
                    unknown += [] if words.strip(" ;,()") in code else [words]
    assert not unknown
    assert known > 40


# docs/theory.md


EQUATIONS = [cells for cells in rows_of("theory.md") if len(cells) == 6 and cells[0] != "equation"]


def test_the_theory_has_the_equations_of_each_room():
    rooms = {cells[4].strip("`").split(".")[0] for cells in EQUATIONS}
    assert rooms >= {"gain", "optics", "light", "heat", "bodies", "limits", "thermometry", "run"}
    assert len({cells[0] for cells in EQUATIONS}) == len(EQUATIONS) > 35


@pytest.mark.parametrize("cells", EQUATIONS, ids=lambda cells: cells[4].strip("`"))
def test_an_equation_has_its_function_its_page_and_its_test(cells):
    name, test = cells[4].strip("`"), ROOT / "tests" / cells[5].strip("`")
    module, _, attribute = f"thermosim.{name}".rpartition(".")
    found = getattr(importlib.import_module(module), attribute, None)
    if found is None:
        found = importlib.import_module(f"thermosim.{name}")
    assert found.__doc__
    assert attribute in test.read_text(encoding="utf-8"), f"{test} does not test {attribute}"
    for page in re.findall(r"\]\(([\w.]+)\)", cells[2]):
        assert (DOCS / page).is_file()


# docs/gallery.md, docs/verification.md


def made_by(source):
    """Names of the pictures that docs/make_pictures.py makes."""
    return set(re.findall(r"^def ((?:gallery|verification|fit)_\w+)\(", source, re.MULTILINE))


def test_every_picture_is_shown_and_made():
    """Pictures of gallery, verification and fits are those of docs/make_pictures.py."""
    source = (DOCS / "make_pictures.py").read_text(encoding="utf-8")
    made = made_by(source)
    names = ("gallery.md", "verification.md", "fit.md")
    pages = [(DOCS / name).read_text(encoding="utf-8") for name in names]
    shown = set(re.findall(r"!\[[^]]+\]\(images/(\w+)\.png\)", " ".join(pages)))
    assert shown == made
    for name in shown:
        assert (DOCS / "images" / f"{name}.png").stat().st_size > 4000


@pytest.mark.fem
@pytest.mark.slow
def test_every_picture_is_drawn(tmp_path):
    """On coarse meshes and with few points; make pictures draws them as the pages show them."""
    pytest.importorskip("dolfinx")
    pytest.importorskip("miepython")
    command = [sys.executable, str(DOCS / "make_pictures.py"), "--quick", "-o", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT)
    from matplotlib.image import imread

    made = {path.stem for path in tmp_path.glob("*.png")}
    source = (DOCS / "make_pictures.py").read_text(encoding="utf-8")
    assert made == made_by(source)
    for name in made:
        assert imread(tmp_path / f"{name}.png").std() > 0.05, name


# the site


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx", reason="Sphinx is missing: pip install '.[docs]'")
    pytest.importorskip("myst_parser", reason="myst-parser is missing: pip install '.[docs]'")
    command = [
        sys.executable, "-m", "sphinx", "-W", "--keep-going", "-E", "-q", "-b", "html",
        "-d", str(tmp_path / "trees"), str(DOCS), str(tmp_path / "site"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for page in PAGES:
        assert (tmp_path / "site" / f"{page.stem}.html").is_file()
    listed = (tmp_path / "site" / "api.html").read_text(encoding="utf-8")
    for name in ("simulate", "sweep", "claim", "fit", "load_result", "Case.with_"):
        assert f'id="thermosim.{name}"' in listed


def test_every_page_is_in_the_index():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(\w+)$", index, re.MULTILINE))
    assert {page.stem for page in PAGES} - {"index"} == listed


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_plain_words(page):
    """Words of the field, and links to files that are there."""
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"\bcreeps?\b|turned over|least Jacobian", text)
    for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text):
        assert (page.parent / target).exists(), target


def test_the_templates_of_issues_are_whole():
    import yaml

    folder = ROOT / ".github" / "ISSUE_TEMPLATE"
    names = {path.stem for path in folder.glob("*.yml")}
    assert names == {"question", "wrong_result", "fault", "config"}
    for path in folder.glob("*.yml"):
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.stem != "config":
            assert tree["name"]
            assert any(part["type"] == "textarea" for part in tree["body"])
