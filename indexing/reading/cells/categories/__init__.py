"""Categories are names, paths of names from the top, or levels; a column's separator is decided from all cells."""
