"""`heroic explain` says why a pair has its score, in text, JSON and as a page."""
