"""Heat conduction with sources, radiating surfaces and contacts, by finite elements."""
