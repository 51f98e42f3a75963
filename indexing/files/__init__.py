"""This room reads the files that shops deliver as tables: blocks of rows under the columns' own names.

Its doors are `blocks`, `columnar.staging`, `content.cell_bytes`, `content.sources`, `integers`, `json_text`,
`listing`, `options` and `tables`.
"""
