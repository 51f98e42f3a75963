"""The families of features that look at a pair alone, or at its neighbours."""
