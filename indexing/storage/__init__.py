"""This room keeps files and folders on disk: artefacts with manifests, their versions, records, tables, whole files.

Its doors are `artefact`, `records`, `versions` and `whole_file`.
"""
