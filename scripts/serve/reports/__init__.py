"""Reports are the evaluations of a folder: listed, opened, and compared two by two."""
