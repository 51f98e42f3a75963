"""This room says what a product is: catalogues, read from files and checked cell by cell, their pictures and texts."""
