"""Pairs of products are read from files, labelled, proposed, grouped and held out here."""
