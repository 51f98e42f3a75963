"""Prices of any currency and any locale's separators become numbers; a column's separators are decided from all cells."""
