"""The bytes of a file, wherever they lie and however they are packed, and the text that they are."""
