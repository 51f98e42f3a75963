"""A schema says which column of a file means what: in YAML, by the name of a known export, or by the columns' names.

`schema` holds what a schema says, `expression` what it says of one field, `yaml_form` reads and writes it,
`stored_form` keeps it with an index, `known` holds the exports that come with the package, `column_names` the names of
columns in many languages, and `raw_columns` and `row_groups` turn blocks of a file into one column a field.
"""
