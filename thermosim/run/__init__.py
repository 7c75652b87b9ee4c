"""One run: from a case to its result."""
