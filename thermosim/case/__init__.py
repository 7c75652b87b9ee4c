"""The case file: sections composed, read strictly from TOML."""
