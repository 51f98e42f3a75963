"""Titles and attributes are read here: their codes, colours and values of attributes."""
