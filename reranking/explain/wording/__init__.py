"""What each family of features says of a pair, in words."""
