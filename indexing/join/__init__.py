"""A join finds everybody's neighbours at once: this room joins an index with itself, exactly or through near lists."""
