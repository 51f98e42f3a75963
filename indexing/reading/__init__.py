"""This room makes a catalogue of the users' files: which column means what, and what each cell says.

Its doors are `inputs`, `read_catalog`, `row_checks`, `schema.expression`, `schema.stored_form` and
`sniffing.sniffed`.
"""
