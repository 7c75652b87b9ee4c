"""Settings of Sphinx: the pages of this folder and the docstrings become one site (make docs)."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("MPLBACKEND", "agg")

from thermosim import __version__

project = "thermosim"
author = "the thermosim maintainers"
copyright = author
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
suppress_warnings = []
nitpicky = False  # types of NumPy and pydantic have no pages to point to here

# Docstrings follow NumPy's convention; single backticks are code in them.
default_role = "code"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autoclass_content = "class"

html_theme = "alabaster"
html_theme_options = {
    "description": "Laser cooling and heating of small particles, by finite elements",
    "fixed_sidebar": True,
    "page_width": "1080px",
    "sidebar_width": "240px",
    "font_size": "16px",
    "show_powered_by": False,
}
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_show_sourcelink = False
