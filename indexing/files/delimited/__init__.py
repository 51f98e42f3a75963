"""Text with a delimiter between its fields (CSV, TSV and their like) is read as a table."""
