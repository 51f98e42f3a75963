"""What lies in a store, seen from this machine: artefacts in a cache, files that are put there, and parts of work."""
