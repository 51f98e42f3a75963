"""This room encodes pictures: it decodes them, learns what their patches look like, and opens open_clip's models."""
