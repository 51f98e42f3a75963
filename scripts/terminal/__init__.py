"""Commands share this at the terminal: the lazy group, the console, progress, words for engines, mistakes and reading.

Its doors are `asking`, `asking_products`, `console`, `engine_text`, `interrupts`, `lazy_group`, `missing_pictures`,
`mistakes`, `option_types`, `progress`, `reading` and `set_aside`.
"""
