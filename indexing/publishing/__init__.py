"""A published index lies in Milvus too: this room puts it there, and searches it there by the same Index protocol.

Its doors are `address`, `open_published`, `publication`, `publish_index` and `server`.
"""
