"""At the entrance a browser shows the secret of the start-up link, once, or a token, and gets a cookie."""

import logging
from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from scripts.serve.engine.access_log import VISITOR
from scripts.serve.pages.shell import render_page
from scripts.serve.safety.guard import ENTER, Doorway
from scripts.serve.safety.visitors import SESSION_S

_log = logging.getLogger("heroic.serve")
FORM = "application/x-www-form-urlencoded"


class Entrance:
    """It has the routes of coming and going. `address` is the page's own; `say` tells whoever started the server a new link
    when the last one is used up, or is asked for after its time."""

    def __init__(self, doorway: Doorway, address: str, say: Callable[[str], None]) -> None:
        self.doorway, self.address, self.say = doorway, address, say
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(ENTER, self.arrive, methods=["GET"], response_model=None)
        self.router.add_api_route(ENTER, self.show_token, methods=["POST"], response_model=None)
        self.router.add_api_route("/leave", self.leave, methods=["POST"], response_model=None)

    def tell(self) -> None:
        """Say where the page is, with a link that lets one browser in, where there are such links."""
        if self.doorway.visitors.link_name is None:
            told = f"{self.address}: comes in who has a token"
        else:
            told = f"open {self.address}{ENTER}?secret={self.doorway.visitors.new_secret()}  (for one browser)"
        try:
            self.say(told)
        except (OSError, ValueError):  # the terminal is gone: whoever is let in just now comes in all the same
            _log.warning("nobody reads where the page is any longer: no further link is shown")

    async def arrive(self, request: Request, secret: str | None = None) -> Response:
        """Let a browser in by the link, or say how else one comes in."""
        visitors = self.doorway.visitors
        if secret is not None:
            cookie = visitors.enter_by_link(secret)
            if cookie is None and visitors.link_ended(secret):
                self.tell()
                return self._outside("This link has ended: the terminal shows another one.", 403)
            if cookie is None:
                return self._outside("This link was used already, or is an older one.", 403)
            self.tell()
            return self._welcome(cookie)
        if request.scope[VISITOR] is not None:
            return RedirectResponse("/", 303)
        return self._outside("", 200)

    async def show_token(self, request: Request) -> Response:
        """Let a browser in by a token."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return self._outside("A token comes by the form of this page.", 415)
        async with request.form(max_fields=1) as form:
            token = form.get("token")
        cookie = self.doorway.visitors.enter_by_token(token.strip()) if isinstance(token, str) else None
        if cookie is None:
            return self._outside("This token is not known, was taken back, or has ended.", 401)
        return self._welcome(cookie)

    async def leave(self, request: Request) -> Response:
        """End the browser's session."""
        cookie = self.doorway.sent_cookie(request.scope["headers"])
        if cookie is not None:
            self.doorway.visitors.leave(cookie)
        answer = self._outside("You have left.", 200)
        answer.headers["Set-Cookie"] = self.doorway.set_cookie("", 0)
        return answer

    def _welcome(self, cookie: str) -> Response:
        """Return a page that leads on: browsers send no strict cookie along a redirect that began on another site."""
        answer = render_page("welcome")
        answer.headers["Set-Cookie"] = self.doorway.set_cookie(cookie, SESSION_S)
        return answer

    def _outside(self, message: str, status: int) -> Response:
        visitors = self.doorway.visitors
        return render_page(
            "enter", status, message=message, tokens=visitors.tokens is not None, link=visitors.link_name is not None
        )
