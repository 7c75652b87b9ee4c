"""Closed-form limits, and the lumped balance of a case."""
