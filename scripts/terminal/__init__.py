"""What commands share at the terminal: the lazy group, progress, words for engines."""
