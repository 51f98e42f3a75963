"""The report written out: page, JSON, tables."""
