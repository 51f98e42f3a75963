"""The server answers for an index and a model over HTTP, to programs and to the page, which it brings along.

Its doors are `options`, `safety.tokens` and `server`.
"""
