"""A file of records is opened: all of them are passed over once, for their keys and the kinds of their values."""

from dataclasses import replace

from indexing.errors import InputError
from indexing.files.blocks import Opened, SetAside
from indexing.files.content.encodings import find_encoding
from indexing.files.content.sources import Source
from indexing.files.options import FileOptions
from indexing.files.records.json_records import JsonRecords, find_path
from indexing.files.records.keys import GATHERED, Keys
from indexing.files.records.record_table import RecordReader, Records
from indexing.files.records.shopify import VariantRecords, is_shopify


def open_json(source: Source, how: FileOptions) -> Opened:
    """Open a JSON file. Raises InputError for one without records."""
    encoding = find_encoding(source, how.encoding)
    records: Records = JsonRecords(source, encoding, find_path(source, encoding))
    if is_shopify(records):
        records = VariantRecords(records)
    return open_records(source, records, replace(how, format="json", encoding=encoding))


def open_records(source: Source, records: Records, how: FileOptions) -> Opened:
    """Find the keys of records. Raises InputError where there are none, with the reason of the first set aside."""
    aside: list[SetAside] = []
    keys = Keys()
    keys.look(record for _, record in records(lambda found: aside.append(found) if not aside else None))
    if not keys.kinds:
        if aside:
            raise InputError(f"{source.path}: row {aside[0].row}: {aside[0].reason}: {aside[0].text[:80]!r}")
        raise InputError(f"{source.path}: the file is empty: records are needed, one object a row")
    rare = keys.rare()
    names = tuple(key for key in keys.kinds if key not in set(rare))
    reader = RecordReader(records, keys.kinds, frozenset(rare))
    if not rare:
        return Opened(names, keys.records, how, (), reader)
    note = f"{len(rare)} keys that few rows have are read together, as the column '{GATHERED}'"
    return Opened((*names, GATHERED), keys.records, how, (note,), reader, rare)
