"""Missing pictures are counted by the host or folder that they are missing from, so that nobody overlooks that all are."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.catalog import Catalog
from indexing.catalog.pictures import UNREACHED, url_of, where
from indexing.catalog.rejects import Reject

SHOWN_PLACES = 3


@dataclass(frozen=True)
class MissingPictures:
    """It says of a host or folder how many of its `pictures` are `missing`, and the commonest reason."""

    place: str
    missing: int
    pictures: int
    reason: str

    def line(self) -> str:
        """Return it as a line for people."""
        share = (
            f"none of {self.pictures:,}" if self.missing == self.pictures else f"{self.missing:,} of {self.pictures:,}"
        )
        verb = "can" if self.missing == self.pictures else "cannot"
        at = self.place if "://" in self.place else f"the folder {self.place}"
        return f"{share} pictures of {at} {verb} be had ({self.reason})"


def missing_pictures(catalog: Catalog, rejects: Iterable[Reject]) -> list[MissingPictures]:
    """Return where pictures of a catalogue are missing, of the places with most of them; `rejects` say which are."""
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for reject in rejects:
        if reject.column == "image" and reject.reason.startswith(UNREACHED):
            places[where(reject.value, catalog)][reject.value] = reject.reason.partition(":")[0]
    if not places:
        return []
    references = pc.unique(pc.list_flatten(catalog.table["images"]).drop_null())
    most = sorted(places.items(), key=lambda item: -len(item[1]))[:SHOWN_PLACES]
    return [
        MissingPictures(place, len(missing), _count(references, next(iter(missing)), catalog), _commonest(missing))
        for place, missing in most
    ]


def _count(references: pa.Array, one: str, catalog: Catalog) -> int:
    """Return how many of the references lead to the same host or folder as `one`."""
    if url_of(one, catalog.pictures) == one:
        return int(pc.sum(pc.starts_with(references, where(one, catalog) + "/")).as_py())
    folders = pc.replace_substring_regex(references, r"/?[^/]*$", "")
    return int(pc.sum(pc.equal(folders, one.rpartition("/")[0])).as_py())


def _commonest(missing: dict[str, str]) -> str:
    return Counter(missing.values()).most_common(1)[0][0]
