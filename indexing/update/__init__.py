"""Products put into an index, and taken out, without building it again."""
