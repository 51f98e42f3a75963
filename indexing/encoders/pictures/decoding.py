"""Threads read and prepare pictures while others are encoded: in order, each content once, a few held at a time."""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from indexing.catalog.catalog import Catalog
from indexing.catalog.pictures import PictureError, UnreachablePicture, decode, read_picture
from indexing.encoders.pictures.shape import Picture, Pixels

AHEAD = 512  # pictures under way or waiting; what bounds the memory


@dataclass(frozen=True)
class Prepared:
    """It keeps what came of a reference: the digest of its bytes, and `pixels` where they were not seen before under
    another reference.

    Where the picture cannot be used `reason` says why, and `unreachable` that there were no bytes at all.
    """

    reference: str
    digest: bytes = b""
    pixels: Pixels | None = None
    reason: str = ""
    unreachable: bool = False


@dataclass(frozen=True)
class PictureDecoding:
    """It reads and decodes the pictures of a catalogue with `workers` threads: Pillow decodes and resizes outside of
    Python's lock.

    `prepare` makes the model's input of a decoded picture, `side` is what a JPEG may be decoded down to.
    """

    catalog: Catalog
    prepare: Callable[[Picture], Pixels]
    side: int | None = None
    workers: int = 4

    def run(self, references: Iterable[str]) -> Generator[Prepared]:
        """Yield one answer a reference, in order; the next ones are prepared while the caller works on this one."""
        seen: set[bytes] = set()
        lock = threading.Lock()
        waiting: deque[Future[Prepared]] = deque()
        left = iter(references)
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                while True:
                    for reference in islice(left, AHEAD - len(waiting)):
                        waiting.append(pool.submit(self._prepared, reference, seen, lock))
                    if not waiting:
                        return
                    yield waiting.popleft().result()
            finally:  # an error, or a caller that stopped: what is not begun is left
                for future in waiting:
                    future.cancel()

    def _prepared(self, reference: str, seen: set[bytes], lock: threading.Lock) -> Prepared:
        try:
            content = read_picture(reference, self.catalog)
        except PictureError as error:
            return Prepared(reference, reason=str(error), unreachable=isinstance(error, UnreachablePicture))
        digest = hashlib.blake2b(content, digest_size=16).digest()
        with lock:
            new = digest not in seen
            seen.add(digest)
        try:
            return Prepared(reference, digest, self.prepare(decode(content, side=self.side)) if new else None)
        except PictureError as error:
            return Prepared(reference, digest, reason=str(error))
