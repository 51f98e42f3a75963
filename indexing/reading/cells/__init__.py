"""Cells say what a shop wrote: prices, attributes, pictures, categories and texts, brought to one form.

Doors: `cell_reader` reads the columns of a block; `looks` decides from all blocks how a column's cells are written.
"""
