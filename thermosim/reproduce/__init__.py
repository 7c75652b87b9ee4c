"""Published numbers computed again: tables, figures and a page that says where they disagree."""
