"""This room reads words as they are meant: in one normal form, in any script, as far as is asked.

Its doors are `normal_form`, `reading`, `spellings` and `tokens`.
"""
