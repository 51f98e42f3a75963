"""Origins say where a request comes from: by which name the server is called, and from which page."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OWN = ("same-origin", "none")  # of Sec-Fetch-Site: a page of ours, or the user himself
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?")

Headers = Sequence[tuple[bytes, bytes]]


def values(headers: Headers, name: str) -> list[str]:
    """Return all values of a header, whose name comes in small letters."""
    return [value.decode("latin-1").strip() for key, value in headers if key == name.encode()]


def host_name(host: str) -> str | None:
    """Return the name in a Host header, without its port; None for what is no host."""
    found = _HOST.fullmatch(host)
    return None if found is None else found[1].lower().rstrip(".")


def is_allowed(headers: Headers, names: frozenset[str]) -> bool:
    """Say whether the one Host header names the server: else somebody has made another name lead here."""
    hosts = values(headers, "host")
    return len(hosts) == 1 and host_name(hosts[0]) in names


def refused_write(headers: Headers, *, by_cookie: bool) -> str | None:
    """Return why nothing may be written from where the request comes; None where it may.

    A browser says where: from a page of another origin nothing is written. What comes with a cookie and does not say is no
    browser of today.
    """
    sites, origins = values(headers, "sec-fetch-site"), values(headers, "origin")
    if any(site.lower() not in OWN for site in sites):
        return f"a page of another site asks (Sec-Fetch-Site: {sites[0][:40]})"
    if origins and (len(origins) > 1 or not _same(origins[0], values(headers, "host"))):
        return f"a page of another origin asks (Origin: {origins[0][:80]})"
    if by_cookie and not sites and not origins:
        return "a cookie comes without Origin and Sec-Fetch-Site, so no browser sent it: programs use a bearer token"
    return None


def _same(origin: str, hosts: list[str]) -> bool:
    """Say whether an Origin is that of the Host; `null` is nobody's."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    own = [host.lower() for host in hosts]
    return parts.scheme in ("http", "https") and bool(parts.netloc) and own == [parts.netloc.lower()]
