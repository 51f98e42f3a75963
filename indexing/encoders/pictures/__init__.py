"""This room encodes pictures with neural models: it opens open_clip's, and decodes pictures for them."""
