"""What is solved, before any mesh: the one description that a case becomes."""
