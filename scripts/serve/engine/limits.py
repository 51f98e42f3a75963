"""Limits say how much one request may ask for, and how much may be asked at once."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Whatever is above a limit is refused, never cut: bodies and uploads with 413, values with 422, what would wait too long
    with 503."""

    form_bytes: int = 9 * MIB
    json_bytes: int = MIB
    entrance_bytes: int = 4_096  # of the form for a token, which anybody may send
    upload_bytes: int = 8 * MIB
    upload_pixels: int = 24_000_000
    parts: int = 32  # of a form
    query_bytes: int = 8_192  # of an address, behind its question mark
    header_bytes: int = 16_384  # with the address
    text_chars: int = 2_000
    neighbours: int = 1_000
    pairs: int = 1_000
    workers: int = 4
    waiting: int = 64  # requests that wait for a worker
    work_s: float = 10.0  # from asking for a worker to the answer
    fetch_s: float = 5.0  # of a picture from its host, less than the work may take
    request_s: float = 30.0  # from the head of a request to the last byte of its answer
    head_s: float = 10.0  # from connecting to the head of the first request
    connections: int = 512
    connections_of_an_address: int = 128  # of another machine, or of all behind one router
    picture_cache_bytes: int = 64 * MIB


LIMITS = Limits()
