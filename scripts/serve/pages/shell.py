"""The shell of a page is its HTML before any script has run: catalogue text is escaped, and nothing in it is a script."""

from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("scripts.serve.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def render_page(name: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """Return a page of a template, which is told these facts."""
    return HTMLResponse(_environment().get_template(f"{name}.html.jinja").render(**facts), status)
