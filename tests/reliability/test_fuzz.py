"""A minute of shipped case files changed at random (`make fuzz`: an hour)."""

import os

import pytest
from reliability.fuzz import campaign

pytestmark = [pytest.mark.fem, pytest.mark.slow]
pytest.importorskip("dolfinx")

SECONDS = float(os.environ.get("THERMOSIM_FUZZ_SECONDS", "60"))
SEED = int(os.environ.get("THERMOSIM_FUZZ_SEED", "12"))


def test_no_file_is_answered_by_a_traceback_or_by_silence():
    tally = campaign(SEED, seconds=SECONDS)
    assert not tally.faults, "\n\n".join(tally.faults)
    assert tally.files > SECONDS / 2
    assert tally.accepted > tally.files / 50
