"""matplotlib is loaded without the texts of its setters, and works as ever."""

import subprocess
import sys

import pytest

pytest.importorskip("matplotlib")

LOADED = """
import sys
{before}
from thermosim.visual.style import new_figure, styled

with styled():
    axes = new_figure().add_subplot()
    (line,) = axes.plot([0, 1], [0, 1])
    line.set(linewidth=3, color="red")
    assert (line.get_linewidth(), line.get_color()) == (3, "red")
try:
    line.set(width=3)
except AttributeError:
    pass
else:
    raise AssertionError("an unknown property was taken")

from matplotlib.lines import Line2D

print("linewidth" in (Line2D.set.__doc__ or ""))
"""


@pytest.mark.parametrize(("before", "written"), [("", False), ("import matplotlib.figure", True)])
def test_texts_of_setters_are_there_for_who_loaded_them(before, written):
    program = LOADED.format(before=before)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == f"{written}\n", done.stdout + done.stderr


RESTORED = """
from matplotlib.artist import Artist

before = Artist.__dict__["_update_set_signature_and_docstring"]
from thermosim.visual.style import styled

with styled():
    pass
assert Artist.__dict__["_update_set_signature_and_docstring"] is before
"""


def test_matplotlib_is_left_as_it_was():
    done = subprocess.run([sys.executable, "-c", RESTORED], capture_output=True, text=True)
    assert not done.returncode, done.stderr
