"""Commands share this at the terminal: the lazy group, the console, progress, words for engines."""
