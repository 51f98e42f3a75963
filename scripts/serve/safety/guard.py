"""The guard stands before the application: whom it does not know passes to nothing but what is open to everybody."""

from dataclasses import dataclass

from fastapi import Request, params
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from scripts.serve.api.errors import Refused, refusal
from scripts.serve.engine.access_log import VISITOR
from scripts.serve.safety.origins import SAFE_METHODS, Headers, is_allowed, refused_write, values
from scripts.serve.safety.tokens import Role, Visitor
from scripts.serve.safety.visitors import Visitors

ENTER = "/enter"
OPEN = frozenset({"/api/v1/health", "/api/v1/ready", "/favicon.ico", ENTER})
OPEN_FOLDER = "/static/"


@dataclass(frozen=True)
class Doorway:
    """It is how the server is reached: by which names, with which cookie, which is `secure` where browsers come by https."""

    visitors: Visitors
    names: frozenset[str]
    cookie: str
    secure: bool = False

    def set_cookie(self, value: str, seconds: int) -> str:
        """Return a Set-Cookie header's value: no script reads it, no other site sends it."""
        secure = "; Secure" if self.secure else ""
        return f"{self.cookie}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict{secure}"

    def sent_cookie(self, headers: Headers) -> str | None:
        """Return the cookie's value, None without one, and where there are two: one may be anybody's.

        Cookies of other programs on the same host come along, whatever they hold: they are passed over.
        """
        pairs = (pair.partition("=") for line in values(headers, "cookie") for pair in line.split(";"))
        own = [value.strip() for name, _, value in pairs if name.strip() == self.cookie]
        return own[0] if len(own) == 1 else None


class Guard:
    """It is a layer that refuses other hosts' names, writing from other origins, and whom it does not know."""

    def __init__(self, app: ASGIApp, doorway: Doorway) -> None:
        self.app, self.doorway = app, doorway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # nothing else is spoken here
        status, message = self._refused(scope)
        if status == 401 and _is_page(scope):
            await RedirectResponse(ENTER, 303)(scope, receive, send)
        elif status:
            challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
            await refusal(status, message, challenge)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refused(self, scope: Scope) -> tuple[int, str]:
        """Return a status and a reason, 0 where the request may pass; whose it is then stands in the scope."""
        headers = scope["headers"]
        if not is_allowed(headers, self.doorway.names):
            return 421, "this server is not known by that name: heroic serve --allow-host NAME adds one"
        visitor, by_cookie = self._visitor(headers)
        if scope["method"] not in SAFE_METHODS:
            reason = refused_write(headers, by_cookie=by_cookie)
            if reason is not None:
                return 403, reason
        scope[VISITOR] = visitor
        path = scope["raw_path"].decode("latin-1")
        if visitor is None and path not in OPEN and not path.startswith(OPEN_FOLDER):
            return 401, "come by the start-up link, or with a token (Authorization: Bearer TOKEN)"
        return 0, ""

    def _visitor(self, headers: Headers) -> tuple[Visitor | None, bool]:
        """Return who asks, and whether a cookie says so; where a token is given, no cookie counts."""
        given = values(headers, "authorization")
        if given:
            scheme, _, token = given[0].partition(" ")
            known = len(given) == 1 and scheme.lower() == "bearer"
            return (self.doorway.visitors.by_token(token.strip()) if known else None), False
        cookie = self.doorway.sent_cookie(headers)
        return (None if cookie is None else self.doorway.visitors.by_cookie(cookie)), cookie is not None


def _is_page(scope: Scope) -> bool:
    return scope["method"] == "GET" and any("text/html" in value for value in values(scope["headers"], "accept"))


def visitor_of(request: Request) -> Visitor:
    """Return who asks; the guard let nobody else pass."""
    visitor = request.scope[VISITOR]
    assert isinstance(visitor, Visitor)
    return visitor


def needs(role: Role) -> params.Depends:
    """Return what a route depends on that is for this role, and higher ones."""

    async def check(request: Request) -> None:
        own = visitor_of(request).role
        if own < role:
            raise Refused(403, f"this needs the role {role.name.lower()}, yours is {own.name.lower()}")

    return params.Depends(check)
