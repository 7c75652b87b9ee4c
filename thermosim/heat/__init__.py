"""Heat conduction with sources, radiating surfaces and contacts, by finite elements."""

import thermosim.fem.first  # noqa: F401
