"""This room runs numbered tasks: in this process, in several of this machine, or on the machines of a Ray cluster.

Its doors are `choice`, `equal_keys`, `local`, `node_check`, `parts`, `stages` and `tasks`.
"""
