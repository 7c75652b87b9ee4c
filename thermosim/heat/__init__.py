"""Heat conduction with sources, radiating surfaces and contacts, by finite elements."""

import thermosim.fem.library  # noqa: F401  before any module here imports DOLFINx
