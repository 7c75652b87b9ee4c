"""Results: numbers, fields and where they came from."""

from thermosim.results.result import FORMAT, Result, load_result

__all__ = ["FORMAT", "Result", "load_result"]
