"""This room runs numbered tasks: in this process, in several of this machine, or on the machines of a Ray cluster.

Its doors are `choice`, `local`, `node_check`, `parts` and `tasks`.
"""
