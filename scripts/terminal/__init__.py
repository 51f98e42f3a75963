"""Commands share this at the terminal: the lazy group, the console, progress, words for engines and mistakes.

Its doors are `console`, `engine_text`, `lazy_group`, `missing_pictures`, `mistakes` and `progress`.
"""
