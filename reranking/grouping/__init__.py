"""From scored pairs to groups of products."""
