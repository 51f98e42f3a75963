"""This room reads the files that shops deliver as tables: blocks of rows under the columns' own names.

Its doors are `integers`, `json_text` and `tables`.
"""
