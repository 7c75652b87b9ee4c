"""gmsh scripts: what could start a process or write a file is refused, the rest is not."""

from pathlib import Path

import pytest

from thermosim.errors import MeshError
from thermosim.mesh.files_script import FORBIDDEN, check_script

MESHES = Path(__file__).parents[2] / "meshes"


def script(tmp_path, text: str) -> Path:
    path = tmp_path / "body.geo"
    path.write_bytes(text.encode() + b"\n")
    return path


@pytest.mark.parametrize("path", sorted(MESHES.glob("*.geo")), ids=lambda path: path.name)
def test_shipped_scripts_pass(path):
    check_script(path)


HARMLESS = [
    'SetFactory("OpenCASCADE"); Box(1) = {0, 0, 0, 1, 1, 1};',
    '// Save and Merge are explained here\nPhysical Volume("Save") = {1};',
    '/* SystemCall "x"; */ Physical Surface("System", 3) = {2};',
    'v() = ShapeFromFile("part.step");',
    'Printf("%g", 1);\nIf (2 > 1)\n  x = 1;\nEndIf',
    'Macro Hole\n  Circle(1) = {0, 0, 0, 1};\nReturn\nCall Hole;',
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless(tmp_path, text):
    check_script(script(tmp_path, text))


@pytest.mark.parametrize("word", FORBIDDEN)
def test_forbidden_words(tmp_path, word):
    path = script(tmp_path, f'// a comment\nx = 1;\n{word} "touch /tmp/x";\n')
    with pytest.raises(MeshError, match=f'line 3: "{word}"') as caught:
        check_script(path)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)


HIDDEN = [
    'x = "a // b"; SystemCall "ls";',
    "x = '/*'; SystemCall 'ls'; y = '*/';",
    '/* // */ SystemCall "ls";',
    'SystemCall/* */"ls";',
    'x = 1;SystemCall "ls";',
    'Field[1] = ExternalProcess; Field[1].CommandLine = "ls";',
    'S2N("SystemCa") "ls";',
    'Printf("x") > "file";',
    'Printf("%g", 1)\n  >> "file";',
    '// a comment\rSystemCall "ls";',
    'x = "unfinished; \nSystemCall ls;',
    '/* unfinished SystemCall "ls";',
    f'x = "{"a" * 1024} SystemCall ls;";',
    'x = "a\0";',
]


@pytest.mark.parametrize("text", HIDDEN)
def test_hidden(tmp_path, text):
    with pytest.raises(MeshError):
        check_script(script(tmp_path, text))


def test_last_line(tmp_path):
    path = tmp_path / "body.geo"
    path.write_text("x = 1;\ny = 2;")
    with pytest.raises(MeshError, match="line end"):
        check_script(path)


def test_binary(tmp_path):
    path = tmp_path / "body.geo"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MeshError, match="no text file"):
        check_script(path)


# files beside the script


def beside(tmp_path, text, **files):
    for name, content in files.items():
        path = tmp_path / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return script(tmp_path, text)


STEP = "ISO-10303-21;\n"


def test_files_beside_the_script(tmp_path):
    files = {"part_step": STEP, "sub__more_geo": "x = 1;\nMerge 'deep.stp';\n"}
    text = 'Merge "part.step";\nInclude "sub/more.geo";\nMerge "sub/more.geo";'
    check_script(beside(tmp_path, text, sub__deep_stp=STEP, **files))


ELSEWHERE = {
    'Merge "../part.step";': "not beside the script",
    'Merge "/etc/part.step";': "not beside the script",
    'Merge "link.step";': "not beside the script",
    'Merge "none.step";': "no file",
    'Merge "part.StEp";': "no file|must end in",
    'Merge "view.pos";': "must end in",
    'Merge "plain";': "must end in",
    'Include "part.step";': "write Merge",
    'Merge StrCat("part", ".step");': "plain text",
    'name = "part.step"; Merge name;': "plain text",
    'Merge "part\\".step";': "plain text|does not end",
    'Merge "fake.step";': "should begin with ISO-10303-21",
    'Merge "fake.msh";': r"should begin with \$MeshFormat",
    'Merge "bad.geo";': 'bad.geo, line 1: "SystemCall"',
    'Include "bad.geo";': 'bad.geo, line 1: "SystemCall"',
    'Include "loop.geo";': "reads itself",
    'Include "body.geo";': "reads itself",
}


@pytest.mark.parametrize("text", ELSEWHERE)
def test_files_that_are_refused(tmp_path, text):
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "part.step").write_text(STEP)
    (folder / "link.step").symlink_to(tmp_path / "part.step")
    evil = 'SystemCall "ls";\n'
    files = {"part_step": STEP, "fake_step": evil, "fake_msh": evil, "bad_geo": evil}
    files |= {"view_pos": evil, "plain": evil, "loop_geo": 'Include "loop.geo";\n'}
    path = beside(folder, text, **files)
    with pytest.raises(MeshError, match=ELSEWHERE[text]) as caught:
        check_script(path)
    assert caught.value.exit_status == 2


def test_line_of_a_word_after_long_comments(tmp_path):
    path = script(tmp_path, '/* two\nlines */ x = "a";\nMerge "none.step";')
    with pytest.raises(MeshError, match=r"line 3: Merge"):
        check_script(path)
