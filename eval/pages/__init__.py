"""Pages write the report out: page, JSON, tables.

Its doors are `audit_pages`, `cards`, `differences`, `pictures`, `render`, `report_document`, `report_json`,
`side_by_side` and `tables`.
"""
