"""What is read in a title or an attribute: tokens, codes, quantities, colours."""
