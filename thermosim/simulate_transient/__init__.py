"""One transient run: from its start, or from its last checkpoint, to a result."""

from thermosim.simulate_transient.run import (
    find_interrupted,
    resume_transient,
    running_folder,
    simulate_transient,
)

__all__ = ["find_interrupted", "resume_transient", "running_folder", "simulate_transient"]
