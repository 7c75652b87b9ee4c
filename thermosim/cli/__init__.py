"""The command line: load, call, print. No physics is reachable from here only."""

from thermosim.fem.loading import loading

with loading():
    from thermosim.cli.app import main

__all__ = ["main"]
