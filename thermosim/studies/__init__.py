"""Studies: many runs of one case on any executor, resumable, as one dataset."""

from __future__ import annotations

from thermosim.studies.found import Report
from thermosim.studies.report import report
from thermosim.studies.sweep import StudyResult, sweep

__all__ = ["Report", "StudyResult", "report", "sweep"]
