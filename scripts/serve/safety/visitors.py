"""Visitors are known by a bearer token, or by the cookie of a browser that came with the start-up link or with a token."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from scripts.serve.safety.tokens import Role, TokenFile, Visitor, digest

SESSION_S = 12 * 3600
LINK_S = 600.0  # a link may stand in a log
MOST_SESSIONS = 1_000
MOST_OF_A_TOKEN = 10  # browsers at once: who has one token cannot put everybody else out


@dataclass(frozen=True)
class _Session:
    """It is one browser's: until when, whose, and by the digest of which token, if by one."""

    until: float
    visitor: Visitor
    token: str | None


class Visitors:
    """It lets browsers and programs in. Cookies are chance alone: what they mean is kept here, and ends with the server."""

    def __init__(
        self, tokens: TokenFile | None, link_name: str | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`link_name` is who comes by the start-up link; None where there is no such link."""
        self.tokens, self.link_name, self._clock = tokens, link_name, clock
        self._lock = Lock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._secret: str | None = None
        self._secret_until = 0.0

    def new_secret(self) -> str:
        """Return the secret of a new start-up link, good for LINK_S; the one before it no longer opens anything."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._secret, self._secret_until = digest(secret), self._clock() + LINK_S
        return secret

    def enter_by_link(self, secret: str) -> str | None:
        """Return a cookie for the secret of the start-up link, once and in time; None for any other."""
        with self._lock:
            if self.link_name is None or not self._is_last(secret) or self._clock() >= self._secret_until:
                return None
            self._secret = None
        return self._begin(Visitor(self.link_name, Role.ADMIN), None)

    def link_ended(self, secret: str) -> bool:
        """Say whether this is the secret of the last start-up link, and it came too late."""
        with self._lock:
            return self._is_last(secret) and self._clock() >= self._secret_until

    def _is_last(self, secret: str) -> bool:
        return self._secret is not None and secrets.compare_digest(self._secret, digest(secret))

    def enter_by_token(self, token: str) -> str | None:
        """Return a cookie for a token; None for one that is not known."""
        visitor = self.by_token(token)
        return None if visitor is None else self._begin(visitor, digest(token))

    def by_token(self, token: str) -> Visitor | None:
        """Return whose token it is."""
        return None if self.tokens is None else self.tokens.find(digest(token))

    def by_cookie(self, cookie: str) -> Visitor | None:
        """Return whose browser it is, None for one that is not, or no longer, let in; a token taken back ends its sessions."""
        with self._lock:
            session = self._sessions.get(digest(cookie))
            if session is not None and self._clock() >= session.until:
                del self._sessions[digest(cookie)]
                session = None
        if session is None or session.token is None:
            return None if session is None else session.visitor
        return None if self.tokens is None else self.tokens.find(session.token)

    def leave(self, cookie: str) -> None:
        """End a browser's session."""
        with self._lock:
            self._sessions.pop(digest(cookie), None)

    def _begin(self, visitor: Visitor, token: str | None) -> str:
        cookie, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._sessions = OrderedDict(kept for kept in self._sessions.items() if kept[1].until > now)
            own = [key for key, session in self._sessions.items() if token is not None and session.token == token]
            for oldest in own[: max(0, len(own) + 1 - MOST_OF_A_TOKEN)]:
                del self._sessions[oldest]
            self._sessions[digest(cookie)] = _Session(now + SESSION_S, visitor, token)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return cookie
