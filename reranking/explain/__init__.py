"""An explanation says why a pair has its score: what each feature adds to it, and the reasons in words."""
