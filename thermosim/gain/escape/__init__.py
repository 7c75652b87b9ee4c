"""Which light gets out of a body, and how red it is by then."""
