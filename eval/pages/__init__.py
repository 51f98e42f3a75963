"""Pages write the report out: page, JSON, tables.

Its doors are `cards`, `differences`, `pictures`, `render`, `report_document`, `report_json` and `tables`.
"""
