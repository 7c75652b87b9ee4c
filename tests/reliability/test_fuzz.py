"""Some hundred shipped case files changed at random, always the same (`make fuzz`: an hour).

THERMOSIM_FUZZ_SEED=3 tries others, THERMOSIM_FUZZ_FILES=2000 more.
"""

import os

import pytest
from reliability.fuzz import campaign

pytestmark = [pytest.mark.fem, pytest.mark.slow]
pytest.importorskip("dolfinx")

FILES = int(os.environ.get("THERMOSIM_FUZZ_FILES", "400"))
SEED = int(os.environ.get("THERMOSIM_FUZZ_SEED", "12"))


def test_no_file_is_answered_by_a_traceback_or_by_silence():
    tally = campaign(SEED, FILES)
    assert not tally.faults, "\n\n".join(tally.faults)
    assert tally.files == FILES
    assert tally.accepted > tally.files / 50
