"""An XML file holds its records in one repeated element, and is read as a stream: no more than one of them is kept."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from lxml import etree

from indexing.errors import InputError
from indexing.files.blocks import SLIP, Aside, SetAside
from indexing.files.content.sources import Source
from indexing.files.markup.elements import local_name, record_of
from indexing.files.markup.yandex import OFFER, OFFERS, CategoryTree, yandex_record
from indexing.files.records.record_table import Record

SAFE: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "recover": True}
_SLIPS = {"ERR_NAME_REQUIRED", "ERR_UNDECLARED_ENTITY", "ERR_ENTITYREF_SEMICOL_MISSING", "ERR_INVALID_CHAR"}


@dataclass(frozen=True)
class RecordElement:
    """It is the element that a record stands in, by its name and that of the element around it, without namespaces."""

    name: str
    parent: str

    def is_record(self, element: Any) -> bool:
        """Return whether an element of this name is a record, and none inside of one."""
        around = element.getparent()
        return around is not None and local_name(around) == self.parent


YANDEX = RecordElement(OFFER, OFFERS)


@dataclass(frozen=True)
class XmlRecords:
    """It is the records of a source; `encoding` stands in for the one that the file declares."""

    source: Source
    encoding: str | None
    element: RecordElement

    def __call__(self, aside: Aside) -> Iterator[Record]:
        """Yield each record with its number. A slip such as a bare & is set aside with its row, which stays.

        Raises InputError for XML that is malformed otherwise.
        """
        categories = CategoryTree() if self.element == YANDEX else None
        row = 1
        with closing(self.source.open()) as stream:
            parser = self._parser(stream, categories is not None)
            slips = _Slips(self.source, parser, aside)
            for element in self._elements(parser):
                if categories is not None and categories.takes(element):
                    _free(element)
                elif self.element.is_record(element):
                    slips.tell(row)
                    yield row, record_of(element) if categories is None else yandex_record(element, categories)
                    row += 1
                    _free(element)
            slips.tell(row)

    def _parser(self, stream: Any, has_categories: bool) -> Any:
        tags = [f"{{*}}{self.element.name}", *(["{*}category"] if has_categories else [])]
        return etree.iterparse(stream, events=("end",), tag=tags, encoding=self.encoding, **SAFE)

    def _elements(self, parser: Any) -> Iterator[Any]:
        try:
            for _, element in parser:
                yield element
        except etree.XMLSyntaxError as error:
            raise malformed(self.source, str(error)) from error


@dataclass
class _Slips:
    """It tells what the parser passed over since it was last asked. Raises InputError for more than a slip."""

    source: Source
    parser: Any
    aside: Aside
    told: int = 0

    def tell(self, row: int) -> None:
        log = self.parser.error_log
        for entry in list(log)[self.told :] if len(log) > self.told else ():
            self.told += 1
            if entry.level_name == "WARNING":  # such as an entity that a DTD may define, and that HTML does
                continue
            if entry.type_name not in _SLIPS:
                raise malformed(self.source, f"{entry.message}, line {entry.line}")
            reason = f"{SLIP}: line {entry.line}, {entry.message}; write & as &amp;, or use CDATA"
            self.aside(SetAside(row, "", reason, rows=0))


def malformed(source: Source, what: str) -> InputError:
    """Return the error for XML that cannot be read on."""
    return InputError(f"{source.path}: is not XML ({' '.join(what.split())}): is it complete?")


def _free(element: Any) -> None:
    """Let go of an element that was read, and of what stands before it."""
    element.clear(keep_tail=True)
    around = element.getparent()
    while around is not None and element.getprevious() is not None:
        del around[0]
