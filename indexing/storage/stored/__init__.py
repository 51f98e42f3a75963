"""What lies in a store, seen from this machine: artefacts in a cache, and those made for it, files that are put there, and parts of work."""
