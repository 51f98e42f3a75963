"""This room runs numbered tasks: in this process, in several of this machine, or on the machines of a Ray cluster.

Its doors are `attempts`, `choice`, `equal_keys`, `local`, `node_check`, `parts`, `processes`, `same_versions`, `stages` and `tasks`.
"""
