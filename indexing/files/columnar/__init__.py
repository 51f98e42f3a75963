"""Columns that are read alone: parquet and Arrow files, and what is made into the latter first."""
