"""Files and folders on disk: artefacts with manifests, their versions, tables, files written whole."""
