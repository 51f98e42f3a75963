"""This room reads words as they are meant: in one normal form, in any script, as far as is asked, and numbers with
their units.

Its doors are `latin`, `normal_form`, `quantities`, `reading`, `spellings`, `text_keys` and `tokens`.
"""
