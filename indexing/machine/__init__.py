"""This room asks the machine what it offers (memory, threads, devices), and lets long work say how far it is.

Its doors are `device`, `memory`, `progress` and `threads`.
"""
