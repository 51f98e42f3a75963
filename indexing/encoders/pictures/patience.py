"""Patience ends where picture after picture of one host or folder cannot be had: no long work is done on nothing."""

from collections import Counter
from dataclasses import dataclass, field

from indexing.catalog.catalog import Catalog
from indexing.catalog.pictures import is_gone, url_of, where
from indexing.errors import Unfinished

IN_A_ROW = 200  # pictures of one host or folder
OUTAGE = 20  # pictures of one host, and not one of them can be fetched: it is down
RUN_AGAIN = "see that they can be had and run again"
TAKE_WHAT_COMES = f"{RUN_AGAIN}, or take whatever comes (--max-rejects 1)"


class PicturesMissing(Unfinished):
    """So many pictures cannot be had that going on is for the user to decide."""


@dataclass
class Patience:
    """It counts what cannot be had, for as long as an encoder works; `endless` takes whatever comes. The `answer` is what whoever asked
    for the work can do, by the options of that command. Those that were `gone` before and are still are no news: where only
    what was missing is looked at again, they stand in a row."""

    endless: bool = False
    answer: str = RUN_AGAIN
    gone: frozenset[str] = frozenset()
    _row: Counter[str] = field(default_factory=Counter)
    _first: dict[str, str] = field(default_factory=dict)

    def anew(self) -> "Patience":
        """Return the same patience with whatever comes next: nothing is counted yet."""
        return Patience(self.endless, self.answer, self.gone)

    def note(self, reference: str, reason: str, catalog: Catalog) -> None:
        """Take in what came of the next picture: the `reason` why there are no bytes of it, "" where there are. Raises
        PicturesMissing after IN_A_ROW of one place without any."""
        if self.endless or not (reason or self._row) or self._expected(reference, reason):
            return
        place = where(reference, catalog)
        if not reason:
            self._row.pop(place, None)
            return
        if not self._row[place]:
            self._first[place] = f"{reference}: {reason}"
        self._row[place] += 1
        if self._row[place] >= IN_A_ROW:
            raise PicturesMissing(
                f"{IN_A_ROW} pictures in a row {_at(reference, place, catalog)} cannot be had (the first: "
                f"{self._first[place]}): {self.answer}"
            )

    def refuse_outage(self, reasons: dict[str, str], catalog: Catalog) -> None:
        """Raise PicturesMissing where of OUTAGE pictures of a host or more not one could be fetched. `reasons` say of each
        reference why there are no bytes of it, "" where there are."""
        hosts: dict[str, list[str]] = {}
        for reference, reason in reasons.items():
            if url_of(reference, catalog.pictures) is not None and not self._expected(reference, reason):
                hosts.setdefault(where(reference, catalog), []).append(reference)
        for host, references in hosts.items():
            if not self.endless and len(references) >= OUTAGE and all(reasons[reference] for reference in references):
                raise PicturesMissing(
                    f"none of {len(references):,} pictures at {host} can be fetched (the first: "
                    f"{reasons[references[0]]}): {self.answer}"
                )

    def _expected(self, reference: str, reason: str) -> bool:
        return reference in self.gone and is_gone(reason)


def _at(reference: str, place: str, catalog: Catalog) -> str:
    return f"at {place}" if url_of(reference, catalog.pictures) is not None else f"in the folder {place}"
