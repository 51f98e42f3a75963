"""This room says what a product is: catalogues, read from files and checked cell by cell, their pictures and texts.

Its doors are `catalog`, `category_level`, `contents`, `digest`, `filters`, `ids`, `missing_pictures`, `pictures`,
`product_codes`, `reject_log`, `rejects` and `text_template`.
"""
