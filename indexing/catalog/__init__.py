"""What a product is: the catalogue, read from files, checked cell by cell, and the pictures and texts in it."""
