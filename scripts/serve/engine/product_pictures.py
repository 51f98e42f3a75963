"""A product's pictures are shown as the server paints them: decoded, shrunk, encoded anew, and kept for a while.

Nothing of a picture's own bytes reaches a browser, and nothing but a product's id and a number leads to one.
"""

import io
import logging
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from indexing.catalog.catalog import Catalog
from indexing.catalog.pictures import WEB_FORMATS, PictureError, load_picture, url_of
from scripts.serve.engine.limits import Limits

SIDES = (96, 192, 384, 768, 1536)  # a browser may ask for any size: these are painted
QUALITY = 82
FORGOTTEN_S = 60.0
MOST_FAILED = 10_000
_INSIDE = re.compile(r"pictures(-\d+)?\.bin#\d+:\d+(:[0-9a-f]{64})?")
_SPAN = re.compile(r"#[^#]*:")  # of any other file of the catalogue's folder
_log = logging.getLogger("heroic.serve")

Key = tuple[str, int, int, int]


class NotShown(Exception):
    """There is no such picture, or it cannot be shown; the message is the reason."""


def painted_side(size: int) -> int:
    """Return the side of the picture that is painted where `size` pixels are asked for."""
    return next((side for side in SIDES if side >= size), SIDES[-1])


class ProductPictures:
    """It paints pictures and keeps the latest of them, within limits.

    `hosts` are those from which pictures that are URLs are fetched, and to which they may lead on; a file is shown where it lies within the catalogue's
    folder of pictures. What cannot be shown is not tried again for FORGOTTEN_S: a host that does not answer would take all
    threads.
    """

    def __init__(
        self,
        limits: Limits,
        hosts: frozenset[str] = frozenset(),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits, self.hosts, self._clock = limits, hosts, clock
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._failed: OrderedDict[tuple[str, int, int], tuple[float, str]] = OrderedDict()  # until when, and why
        self._bytes, self._lock = 0, Lock()

    def paint(self, catalog: Catalog, version: str, position: int, number: int, side: int) -> bytes:
        """Return picture `number` (from 0) of a product as JPEG of at most `side` pixels a side. Raises NotShown."""
        key = (version, position, number, side)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        references = catalog.table["images"][position].as_py() or []
        if not 0 <= number < len(references):
            raise NotShown(f"this product has {len(references)} pictures")
        self._refuse_failed(key[:3])
        try:
            content = self._painted(references[number], catalog, side)
        except NotShown as error:
            self._remember(key[:3], str(error))
            raise
        self._keep(key, content)
        return content

    def _refuse_failed(self, picture: tuple[str, int, int]) -> None:
        with self._lock:
            until, reason = self._failed.get(picture, (-math.inf, ""))
        if self._clock() < until:
            raise NotShown(reason)

    def _remember(self, picture: tuple[str, int, int], reason: str) -> None:
        with self._lock:
            self._failed.pop(picture, None)
            self._failed[picture] = (self._clock() + FORGOTTEN_S, reason)
            while len(self._failed) > MOST_FAILED:
                self._failed.popitem(last=False)

    def _painted(self, reference: str, catalog: Catalog, side: int) -> bytes:
        self._refuse_foreign(reference, catalog)
        try:
            picture = load_picture(
                reference,
                catalog,
                side=side,
                most_pixels=self.limits.upload_pixels,
                formats=WEB_FORMATS,
                timeout_s=self.limits.fetch_s,
                hosts=self.hosts,
            )
        except PictureError as error:
            told = " ".join(str(error).split())
            _log.info("picture %r is not shown: %s", reference[:200], told)
            raise NotShown(told.partition(":")[0]) from error  # behind it stand paths, and the first bytes of files
        picture.thumbnail((side, side))
        picture.info.clear()  # comments and profiles, which would be written again
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=QUALITY)
        return content.getvalue()

    def _refuse_foreign(self, reference: str, catalog: Catalog) -> None:
        """Refuse what a catalogue, which may be anybody's feed, names outside of where its pictures are."""
        url = url_of(reference, catalog.pictures)
        if url is not None:
            scheme, host = _scheme_and_host(url)
            if scheme not in ("http", "https") or host not in self.hosts:
                raise NotShown(f"pictures are not fetched from {host or url[:40]}: heroic serve --picture-host")
        elif _INSIDE.fullmatch(reference) is None and (
            _SPAN.search(reference) or not _within(catalog.pictures, reference)
        ):
            raise NotShown("the picture lies outside of the catalogue's folder of pictures")

    def _keep(self, key: Key, content: bytes) -> None:
        with self._lock:
            self._bytes += len(content) - len(self._kept.pop(key, b""))
            self._kept[key] = content
            while self._bytes > self.limits.picture_cache_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1])


def _scheme_and_host(url: str) -> tuple[str, str]:
    """Return both, empty for what begins as a URL and is none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""


def _within(folder: Path, reference: str) -> bool:
    try:
        return (folder / reference).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):
        return False
