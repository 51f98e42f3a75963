"""`heroic train-encoder` makes encoders, and the cross-encoder, from labelled pairs."""
