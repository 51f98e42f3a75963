"""Pages write the report out: page, JSON, tables."""
