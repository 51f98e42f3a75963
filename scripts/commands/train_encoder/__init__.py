"""`heroic train-encoder`: encoders, and the cross-encoder, from labelled pairs."""
