"""From labelled pairs to encoders, and to the cross-encoder."""
