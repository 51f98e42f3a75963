"""A query finds the products most like one, by id, text or picture.

Its door is `find_neighbours`.
"""
