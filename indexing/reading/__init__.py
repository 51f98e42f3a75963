"""This room makes a catalogue of the users' files: which column means what, and what each cell says.

Its doors are `read_catalog` and `schema`.
"""
