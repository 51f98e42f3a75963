"""Sniffing finds out what the columns of a file mean: `guess` by names and content, `yaml_text` writes it for a person."""
