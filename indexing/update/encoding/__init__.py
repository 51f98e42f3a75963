"""New and changed products are encoded, by this process or in parts, and put with the rows that stay."""
