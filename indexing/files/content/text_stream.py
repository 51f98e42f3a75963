"""A text stream gives the bytes of a source as UTF-8, whatever their encoding, with a mark for what is none."""

import codecs
import io
import re
from typing import Any

import numpy as np
import pyarrow as pa

MARK = "\ufdd0"  # a noncharacter: no text has it
MARK_BYTES = MARK.encode()
BLOCK_BYTES = 1 << 20
END_BYTES = 16  # of what was given last, that are kept
_LONGEST = 4  # bytes of a character in UTF-8
_UTF8 = ("utf-8", "utf-8-sig", "ascii")
_MARKED = re.compile(MARK + r"([0-9A-F]{2})")
_MARKING = "heroic-mark"


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Stand in for bytes that are no text in an encoding: a mark and two hexadecimal digits for each."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(f"{MARK}{byte:02X}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_MARKING, _mark)


def shown(text: str) -> str:
    """Return a text with its marked bytes as `\\xE9`, for people."""
    return _MARKED.sub(r"\\x\1", text)


def canonical(encoding: str) -> str:
    """Return the name that Python has for an encoding: ASCII is UTF-8 too."""
    name = codecs.lookup(encoding).name
    return "utf-8" if name in _UTF8 else name


class TextStream(io.RawIOBase):
    """A text stream counts in `marked` how often it met bytes that are no text in `encoding`; NULs, which a writer that
    was killed leaves behind, are left out. `end` is the end of what it gave last."""

    def __init__(self, stream: Any, encoding: str) -> None:
        self._stream, self._pending, self._carried, self.end, self.marked = stream, b"", b"", b"", 0
        self._is_utf8 = canonical(encoding) == "utf-8"
        self._decoder = codecs.getincrementaldecoder(canonical(encoding))(_MARKING)
        self._first, self._ended = True, False

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes of UTF-8, or up to three fewer, so that no character is cut, and fewer at the end: Arrow takes
        what one call gives for a block, and a row may lie in two of them at most."""
        if size < 0:
            return b"".join(iter(lambda: self.read(BLOCK_BYTES), b""))
        parts, lacking = [self._pending], size - len(self._pending)
        while lacking > 0 and not self._ended:
            content = self._stream.read(lacking)
            self._ended = not content
            parts.append(self._next(content))
            lacking -= len(parts[-1])
        given = parts[0] if len(parts) == 1 else b"".join(parts)
        end = len(given) if len(given) <= size else _whole_characters(given[:size]) or size
        given, self._pending = given[:end], given[end:]
        self.end = given[-END_BYTES:] or self.end
        return given

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something at once; return how many bytes that is."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def _next(self, content: bytes) -> bytes:
        text = self._utf8(content) if self._is_utf8 else self._decoded(content)
        if b"\0" in text:
            text = text.replace(b"\0", b"")
        if self._first and text:
            self._first = False
            text = text.removeprefix(codecs.BOM_UTF8)
        return text

    def _utf8(self, content: bytes) -> bytes:
        if not self._carried and content.isascii():
            return content
        whole = self._carried + content
        cut = _whole_characters(whole) if content else len(whole)
        whole, self._carried = whole[:cut], whole[cut:]
        return whole if _is_utf8(whole) else self._encoded(whole.decode("utf-8", _MARKING))

    def _decoded(self, content: bytes) -> bytes:
        return self._encoded(self._decoder.decode(content, not content))

    def _encoded(self, text: str) -> bytes:
        self.marked += text.count(MARK)
        return text.encode()

    def close(self) -> None:
        """Close the stream behind it."""
        if not self.closed:
            self._stream.close()
        super().close()


def _whole_characters(content: bytes) -> int:
    """Return where the last character of UTF-8 ends that is there in full."""
    for back in range(1, min(_LONGEST, len(content)) + 1):
        byte = content[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(content) - back if needed > back else len(content)
    return len(content)


def _is_utf8(content: bytes) -> bool:
    """Return whether all of it is UTF-8: Arrow looks several times faster than a decoder writes."""
    if content.isascii():
        return True
    ends = pa.py_buffer(np.array([0, len(content)], dtype=np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(content)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
