"""Everybody's neighbours at once: the self-join of an index, exact or through near lists."""
