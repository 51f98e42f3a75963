"""A training has others compute the features of its pairs, and train boosters in shares of them."""
