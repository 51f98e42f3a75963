"""The products most like one, by id, text or picture."""
