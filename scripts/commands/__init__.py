"""Commands of `heroic` stand here, one file or folder each."""
