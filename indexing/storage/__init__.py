"""This room keeps files and folders on disk: artefacts with manifests, their versions, records, mapped arrays, whole files,
files of events, stores under URLs, scratch folders, and what is said of outputs that cannot be written.

Its doors are `artefact`, `event_file`, `mapped`, `outputs`, `records`, `scratch`, `short_text`, `stored.cache`,
`stored.draft`, `stored.leftovers`, `stored.output`, `stored.part_store`, `stored_versions`, `stores`, `versions` and `whole_file`.
"""
