"""These families of features look at a pair alone, or at its neighbours; nothing in them is learned."""
