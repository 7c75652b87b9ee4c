"""The words of case files: units, sections, kinds, formulas."""
