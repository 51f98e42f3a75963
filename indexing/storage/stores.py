"""A store keeps objects under URLs that fsspec opens, such as s3://bucket/index: they are made once, and never changed."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from indexing.errors import InputError, Unreachable

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/{1,2}(?!/)(.+)", re.DOTALL)  # a Path makes one slash of two
_FOLDED = re.compile(r"\b(https?|ftps?|sftp|s3|gs|gcs|abfs|az)(:/)(?=[^/\s])")
_USER = re.compile(r"(?<=[\w+.-]{2})(:/{1,2})[^/\s]*@")
_SIGNATURE = re.compile(
    r"(?i)(?<=[?&])((?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig|signature|awsaccesskeyid|\w*token|(?:\w*[_-])?(?:api)?key"
    r"|\w*secret|pass(?:word|wd|phrase)?|pwd|auth)=)[^&\s'\"#]+"
)
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
KEYS = {"s3": ", such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials"}
WRITTEN = tuple(PACKAGES)  # schemes in which a URL is a place for artefacts


def url_of(path: Path | str) -> str | None:
    """Return the URL that a path is, also where a Path folded its slashes, or None for a file."""
    found = _URL.match(str(path))
    return f"{found[1]}://{found[2]}" if found else None


def seen_from(folder: Path, place: str) -> Path:
    """Return a place that is named as seen from a folder; a URL is the same from everywhere."""
    return folder / place if url_of(place) is None else Path(place)


def file_name(path: Path | str) -> str:
    """Return the name of a file, of a URL without what stands behind a question mark."""
    url = url_of(path)
    return (
        Path(path).name
        if url is None
        else PurePosixPath(urlsplit(url).path).name or urlsplit(url).netloc.rpartition("@")[2]
    )


def without_secrets(text: str) -> str:
    """Return a text with a star in its URLs for users with their passwords, and for tokens and signatures. A URL that a
    Path folded has both its slashes."""
    if ":/" not in text:
        return text
    return _SIGNATURE.sub(r"\1*", _USER.sub(r"\1*@", _FOLDED.sub(r"\1://", text)))


def place_in_store(path: Path | str) -> str | None:
    """Return the URL of a place for artefacts in a store; None for a folder here, and for a URL where none are kept."""
    url = url_of(path)
    return url.rstrip("/") if url is not None and urlsplit(url).scheme in WRITTEN else None


def refuse_url(path: Path, what: str) -> None:
    """Raise InputError for a URL where a folder is to be written."""
    url = place_in_store(path)
    if url is not None:
        raise InputError(f"{url}: is in a store: write the {what} into a folder, then heroic copy FOLDER {url}")


@dataclass(frozen=True)
class Store:
    """It is a place in a store; names of objects are those below its `url`."""

    url: str
    _files: Any
    _root: str

    def names(self, folder: str) -> dict[str, int]:
        """Return the names of the objects below a folder, within it, and their sizes in bytes."""
        with self._told("be read"):
            try:
                found = self._files.find(f"{self._root}/{folder}".rstrip("/"), detail=True)
            except FileNotFoundError:
                return {}
        above = f"{self._root}/{folder}".rstrip("/") + "/"
        inside = {name: entry for name, entry in found.items() if name.startswith(above)}
        return {name.removeprefix(above): int(entry.get("size") or 0) for name, entry in inside.items()}

    def has(self, name: str) -> bool:
        """Return whether there is an object of this name: others are not listed."""
        with self._told("be read"):
            try:
                return bool(self._files.info(f"{self._root}/{name}")["type"] == "file")
            except FileNotFoundError:
                return False

    def folders(self, beginning: str) -> list[str]:
        """Return the names of the folders directly below the URL that begin so."""
        with self._told("be read"):
            try:
                found = self._files.ls(self._root, detail=False)
            except FileNotFoundError:
                return []
        names = sorted({str(entry).rstrip("/").rpartition("/")[2] for entry in found})
        return [name for name in names if name.startswith(beginning)]

    def stamp(self, name: str) -> str:
        """Return what changes where another object takes the place of this one."""
        with self._told("be read"):
            return str(self._files.ukey(f"{self._root}/{name}"))

    def came(self, name: str) -> datetime | None:
        """Return when an object was put, by the clock of the store; None where what opens it does not say, and for no object."""
        with self._told("be read"):
            try:
                found = self._files.modified(f"{self._root}/{name}")
            except (NotImplementedError, FileNotFoundError):
                return None
        return found if isinstance(found, datetime) else None

    def read(self, name: str) -> bytes:
        """Return the content of a small object."""
        with self._told("be read"):
            content: bytes = self._files.cat_file(f"{self._root}/{name}")
            return content

    def create(self, name: str, content: bytes) -> bool:
        """Put a small object; return False, and change nothing, where there is one of this name."""
        with self._told("be written"):
            try:
                self._files.pipe_file(f"{self._root}/{name}", content, mode="create")
            except FileExistsError:
                return False
            except OSError as error:
                if "PreconditionFailed" in str(error) or "pre-conditions" in str(error):
                    return False
                raise
        return True

    def send(self, file: Path, name: str) -> None:
        """Put a file's content."""
        with self._told("be written"):
            self._files.put_file(str(file), f"{self._root}/{name}")

    def fetch(self, name: str, file: Path) -> None:
        """Write the content of an object into a file."""
        with self._told("be read"):
            self._files.get_file(f"{self._root}/{name}", str(file))

    def remove(self, names: list[str]) -> None:
        """Remove objects."""
        with self._told("be written"):
            for name in names:
                self._files.rm_file(f"{self._root}/{name}")

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Say in one line what a store refuses; each file system of fsspec has errors of its own."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            kind = InputError if isinstance(error, FileNotFoundError | PermissionError) else Unreachable
            raise kind(f"{self.url}: cannot {what} ({reason}){self._remedy(reason)}") from error

    def _remedy(self, reason: str) -> str:
        """Return what to do where no keys are found."""
        if "credentials" not in reason.lower():
            return ""
        scheme = urlsplit(self.url).scheme
        return f": put the keys of this store where {PACKAGES[scheme]} looks for them{KEYS.get(scheme, '')}"


def open_store(url: str) -> Store:
    """Return the store at a URL. Raises InputError where the package that opens it is missing."""
    try:
        import fsspec
    except ImportError as error:
        raise InputError(f"{url}: URLs need fsspec: pip install 'heroic[urls]'") from error
    scheme = urlsplit(url).scheme
    if scheme not in WRITTEN:
        raise InputError(f"{url}: no artefacts are kept at {scheme}://: give one of {', '.join(WRITTEN)}")
    opened: Callable[..., Any] = fsspec.core.url_to_fs
    try:
        files, root = opened(url, use_listings_cache=False, skip_instance_cache=True)
    except ImportError as error:
        raise InputError(f"{url}: {scheme}:// needs another package: pip install {PACKAGES[scheme]}") from error
    except Exception as error:  # of each file system its own
        raise InputError(f"{url}: cannot be opened ({' '.join(str(error).split())[:200]})") from error
    return Store(url, files, str(root).rstrip("/"))
