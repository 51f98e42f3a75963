"""A reference leads to a product's picture: to a file, a place in `pictures.bin`, or a URL that fsspec opens.

Its bytes are read here, and decoded by one policy.
"""

import hashlib
import io
import os
import re
import stat
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image, ImageOps, UnidentifiedImageError

from indexing.catalog.catalog import Catalog
from indexing.errors import InputError

BLOB_MARK = "#"
NO_FILE, NOT_READ, NOT_FETCHED = "no such file", "cannot be read", "cannot be fetched"
MOST_BYTES = 64 * 1024 * 1024
TIMEOUT_S = 20.0
NOT_FOUND = 404  # of http
UNREACHED = (NO_FILE, NOT_READ, NOT_FETCHED)  # how the reasons begin why there are no bytes of a picture
_GONE = re.compile(rf"{NO_FILE}|{NOT_FETCHED}: 4(?!08|25|29)\d\d,")  # the statuses of http that say "not now" are none
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_KEPT = r"^pictures(-\d+)?\.bin#\d+:\d+:([0-9a-f]{64})$"  # in the words of RE2 and of Python
_FOLDED_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/(?!/)")  # what a Path makes of `s3://bucket`
MOST_PIXELS = 64_000_000
MOST_SCANS = 100  # of a JPEG: cameras and programs write ten; each goes over all pixels, and takes but a dozen bytes
_SCAN = b"\xff\xda"
WEB_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # of pictures from anybody: none whose decoder starts a program


class PictureError(Exception):
    """A picture cannot be used; the message is the reason."""


class UnreachablePicture(PictureError):
    """A picture's bytes cannot be had: nothing was seen of the picture itself."""


def is_gone(reason: str) -> bool:
    """Return whether the reason against a picture says that its host or folder answers, and does not give it."""
    return _GONE.match(reason) is not None


def read_picture(
    reference: str, catalog: Catalog, *, timeout_s: float = TIMEOUT_S, hosts: frozenset[str] | None = None
) -> bytes:
    """Return the bytes behind a reference; one by http is waited for as long as `timeout_s`, and followed to other `hosts`
    alone where these are given.

    Raises UnreachablePicture, PictureError for more than MOST_BYTES, and InputError for a URL whose file system needs a
    package that is not installed.
    """
    url = url_of(reference, catalog.pictures)
    if url is not None:
        return _from_url(url, timeout_s, hosts)
    name, mark, span = reference.rpartition(BLOB_MARK)
    try:
        if mark and ":" in span and (catalog.folder / name).is_file():
            start, length = (int(part) for part in span.split(":")[:2])
            with (catalog.folder / name).open("rb") as blob:
                blob.seek(start)
                return _at_most(blob, length)
        with _opened(catalog.pictures / reference) as file:
            return _at_most(file)
    except FileNotFoundError as error:
        raise UnreachablePicture(NO_FILE) from error
    except (OSError, ValueError, OverflowError) as error:
        raise UnreachablePicture(f"{NOT_READ}: {error}") from error


def _opened(path: Path) -> BinaryIO:
    """Open a file. Raises UnreachablePicture for a pipe or a device, which would be waited for without end."""
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # opening a folder says so itself
        raise UnreachablePicture(f"{NOT_READ}: is a pipe or a device, not a file")
    return path.open("rb")


def kept_reference(name: str, start: int, content: bytes) -> str:
    """Return the reference of a picture given as bytes, which stands from `start` in the file `name`: place, length, and
    sha256, which tells it from every other one."""
    return f"{name}{BLOB_MARK}{start}:{len(content)}:{hashlib.sha256(content).hexdigest()}"


def content_of(reference: str, catalog: Catalog) -> str | None:
    """Return the sha256 of a picture that was given as bytes, None for a file, a URL, or what is not there.

    References of earlier indexes do not name it: then the bytes are read.
    """
    found = re.match(_KEPT, reference)
    if found is not None:
        return found[2]
    name, mark, _ = reference.rpartition(BLOB_MARK)
    if not mark or not name or not (catalog.folder / name).is_file():
        return None
    try:
        return hashlib.sha256(read_picture(reference, catalog)).hexdigest()
    except PictureError:
        return None


def without_places(references: pa.Array) -> pa.Array:
    """Return references (n,), large_string, in which pictures given as bytes are named by their content alone."""
    if not pc.any(pc.match_substring(references, BLOB_MARK)).as_py():
        return references
    return pc.replace_substring_regex(references, _KEPT, rf"{BLOB_MARK}\2")


def with_contents(images: pa.LargeListArray, catalog: Catalog) -> pa.LargeListArray:
    """Return lists of references (n,) in which every picture given as bytes is named by its content alone."""
    named = without_places(images.flatten())
    if pc.any(pc.match_substring_regex(named, rf"\.bin{BLOB_MARK}\d+:\d+$")).as_py():
        contents = ((name, content_of(name, catalog)) for name in named.to_pylist())
        named = pa.array([name if content is None else BLOB_MARK + content for name, content in contents], named.type)
    return relisted(images, named)


def relisted(images: pa.LargeListArray, names: pa.Array) -> pa.LargeListArray:
    """Return lists as those of `images`, with other references (m,) in the places of theirs."""
    lengths = pc.fill_null(pc.list_value_length(images), 0).to_numpy(zero_copy_only=False)
    nulls = np.append(images.is_null().to_numpy(zero_copy_only=False), False)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return pa.LargeListArray.from_arrays(pa.array(starts, mask=nulls), names)


def url_of(reference: str, pictures: Path) -> str | None:
    """Return the URL that a reference is, or leads to where the folder of pictures is a URL; None for a file."""
    if _URL.match(reference):
        return reference
    folded = _FOLDED_URL.match(str(pictures))
    if folded is None or Path(reference).is_absolute() or BLOB_MARK in reference:
        return None
    return f"{folded[1]}://{str(pictures)[folded.end() :].strip('/')}/{reference.lstrip('/')}"


def where(reference: str, catalog: Catalog) -> str:
    """Return what a picture shares with others that are lost with it: a URL's scheme and host, a file's folder."""
    url = url_of(reference, catalog.pictures)
    return str((catalog.pictures / reference).parent) if url is None else place_of(url)


def place_of(url: str) -> str:
    """Return what a picture shares with the others of its source: the scheme, and the host or bucket."""
    try:
        parts = urlsplit(url)
    except ValueError:  # such as `http://[x`, whose bracket never closes
        return f"{_scheme(url)}://"
    return f"{parts.scheme}://{parts.netloc}"


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()


def _from_url(url: str, timeout_s: float, hosts: frozenset[str] | None) -> bytes:
    try:
        import fsspec
    except ImportError as error:
        raise InputError(f"pictures at {place_of(url)}: URLs need fsspec: pip install 'heroic[urls]'") from error
    scheme = _scheme(url)
    try:
        with fsspec.open(url, "rb", **_limits(scheme, timeout_s, hosts)) as file:
            return _at_most(file)
    except ImportError as error:
        raise InputError(
            f"pictures at {place_of(url)}: {scheme}:// needs another package ({' '.join(str(error).split())})"
        ) from error
    except PictureError:
        raise
    except FileNotFoundError as error:
        if error.__cause__ is None or getattr(error.__cause__, "status", 0) == NOT_FOUND:
            raise UnreachablePicture(NO_FILE) from error
        raise UnreachablePicture(_unfetched(error.__cause__)) from error  # http says so of whatever went wrong
    except Exception as error:  # each file system of fsspec has its own
        raise UnreachablePicture(_unfetched(error)) from error


def _unfetched(error: BaseException) -> str:
    return f"{NOT_FETCHED}: {' '.join(str(error).split())[:200] or type(error).__name__}"


def _limits(scheme: str, timeout_s: float, hosts: frozenset[str] | None) -> dict[str, Any]:
    """Return options for fsspec, of http only: a server that says nothing is not waited for forever, nor followed anywhere."""
    if scheme not in ("http", "https"):
        return {}
    from aiohttp import ClientTimeout

    followed = {} if hosts is None else {"trace_configs": [_only_to(hosts)]}
    return {"client_kwargs": {"timeout": ClientTimeout(total=timeout_s), **followed}, "block_size": 0}


@cache  # one for the same hosts, as fsspec keeps a client for the same options
def _only_to(hosts: frozenset[str]) -> Any:
    """Return what ends a request of aiohttp that is led to a host which is none of these, before that one is asked."""
    from aiohttp import TraceConfig
    from yarl import URL

    async def redirected(session: object, context: object, found: Any) -> None:
        headers = found.response.headers
        onward = found.url.join(URL(headers.get("Location") or headers.get("URI") or ""))
        if onward.host not in hosts:
            raise UnreachablePicture(f"{NOT_FETCHED}: its host leads on to {onward.host}")

    trace = TraceConfig()
    trace.on_request_redirect.append(redirected)
    return trace


def _at_most(file: Any, length: int | None = None) -> bytes:
    """Return what is left in a file, or `length` bytes of it. Raises PictureError for more than MOST_BYTES."""
    content: bytes = file.read(MOST_BYTES + 1 if length is None else min(length, MOST_BYTES + 1))
    if len(content) > MOST_BYTES:
        raise PictureError(f"enormous: more than {MOST_BYTES // 1024**2} MiB")
    return content


def load_picture(
    reference: str,
    catalog: Catalog,
    *,
    side: int | None = None,
    most_pixels: int | None = None,
    formats: tuple[str, ...] | None = None,
    timeout_s: float = TIMEOUT_S,
    hosts: frozenset[str] | None = None,
) -> Image.Image:
    """Read and decode the picture behind a reference of this catalogue. Raises PictureError with the reason."""
    content = read_picture(reference, catalog, timeout_s=timeout_s, hosts=hosts)
    return decode(content, side=side, most_pixels=most_pixels, formats=formats)


def decode(
    content: bytes,
    *,
    side: int | None = None,
    most_pixels: int | None = None,
    formats: tuple[str, ...] | None = None,
) -> Image.Image:
    """Return the first frame in RGB, turned as its EXIF says, alpha on white.

    `side` lets a JPEG decode at a smaller scale, of at least that many pixels a side. Raises PictureError for what
    is no picture in one of the `formats` (None: any that Pillow reads), is cut short, has more than `most_pixels`, or
    is a JPEG of more than MOST_SCANS.
    """
    try:
        picture: Image.Image = Image.open(io.BytesIO(content), formats=formats)
        if picture.width * picture.height > (MOST_PIXELS if most_pixels is None else most_pixels):
            raise PictureError(f"enormous: {picture.width} x {picture.height} pixels")
        if picture.format in ("JPEG", "MPO") and content.count(_SCAN) > MOST_SCANS:
            raise PictureError(f"enormous: {content.count(_SCAN):,} scans of a JPEG")
        if side is not None:
            picture.draft("RGB", (side, side))
        picture.seek(0)
        return _in_rgb(ImageOps.exif_transpose(picture))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError("enormous: a decompression bomb") from error
    except UnidentifiedImageError as error:
        raise PictureError(f"no picture: begins with {content[:12]!r}") from error
    except Exception as error:  # Pillow's decoders raise whatever their format's parser does
        raise PictureError(f"cannot be decoded: {error}") from error


def _in_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode[0] in "IF":
        return _eight_bits(picture).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Bring grey of 16 or 32 bits or of floats to 8 bits; Pillow would cut everything brighter than 255 to white."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    brightest = values.max(initial=0.0)
    if picture.mode == "F" and brightest <= 1:
        white = 1.0
    elif picture.mode.startswith("I;16") or brightest > 255:
        white = max(65_535.0, brightest)
    else:
        white = 255.0
    return Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8))
