"""A build turns catalogue files into an index folder: it plans, encodes, reuses what is there, and joins every view."""
