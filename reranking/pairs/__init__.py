"""Pairs of products: read from files, labelled, proposed, grouped and held out."""
