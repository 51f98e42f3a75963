"""An XML file is opened: the element that its records stand in is known, told, or found as the one that is repeated."""

from collections import Counter
from dataclasses import replace
from typing import Any

from lxml import etree

from indexing.errors import InputError
from indexing.files.blocks import Opened
from indexing.files.content.sources import Source
from indexing.files.markup.elements import children, local_name
from indexing.files.markup.xml_records import SAFE, YANDEX, RecordElement, XmlRecords, malformed
from indexing.files.options import FileOptions
from indexing.files.records.open_records import open_records

SAMPLE_BYTES = 1 << 20
KNOWN = {"yml_catalog": YANDEX, "rss": RecordElement("item", "channel"), "feed": RecordElement("entry", "feed")}


def open_xml(source: Source, how: FileOptions) -> Opened:
    """Open an XML file. Raises InputError where it is malformed or nothing in it is repeated."""
    element = _find_element(source, how)
    records = XmlRecords(source, how.encoding, element)
    return open_records(source, records, replace(how, format="xml", record=element.name))


def _find_element(source: Source, how: FileOptions) -> RecordElement:
    root, counts = _look(source, how.encoding)
    known = KNOWN.get(root)
    if known is not None and how.record in (None, known.name):
        return known
    told = {element: count for element, count in counts.items() if how.record in (None, element.name)}
    if not told:
        what = "no element is repeated" if how.record is None else f"has no element <{how.record}>"
        raise InputError(f"{source.path}: {what}: say which one a row is in a schema file (record: NAME)")
    return max(told, key=lambda element: told[element])


def _look(source: Source, encoding: str | None) -> tuple[str, Counter[RecordElement]]:
    """Return the name of the outermost element and, of elements that hold others or have attributes, how many values
    the repeated ones have, from a sample of the file."""
    parser = etree.XMLPullParser(events=("start", "end"), encoding=encoding, huge_tree=False, **SAFE)
    parser.feed(source.head(SAMPLE_BYTES))
    root, values, times = "", Counter[RecordElement](), Counter[RecordElement]()
    try:
        for event, element in parser.read_events():
            if not isinstance(element.tag, str):
                continue
            root = root or local_name(element)
            around = element.getparent()
            if event == "end" and around is not None:
                one = RecordElement(local_name(element), local_name(around))
                times[one] += 1
                values[one] += _values(element)
    except etree.XMLSyntaxError as error:
        raise malformed(source, str(error)) from error
    if not root:
        raise malformed(source, "no element found")
    return root, Counter({one: count for one, count in values.items() if times[one] > 1 and count > times[one]})


def _values(element: Any) -> int:
    return len(element.attrib) + sum(1 for _ in children(element))
