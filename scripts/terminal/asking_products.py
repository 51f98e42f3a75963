"""A reviewer is shown a product and all that is near it, and names those that are the same."""

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from eval.audit.retrieval import AskedProduct, RetrievalSession
from indexing.catalog.catalog import Catalog
from indexing.errors import kept_when_interrupted
from scripts.terminal.asking import ANSWERS_AGAIN
from scripts.terminal.console import plain

ASKED = "numbers of those that are the same product, Enter for none, [z] back, [q]uit"
FIELDS = ("title", "brand", "price", "category_3", "source")


def ask_products(session: RetrievalSession, catalog: Catalog, products: int, console: Console) -> bool:
    """Ask until there is no more, which returns True, or the reviewer goes away."""
    with kept_when_interrupted(ANSWERS_AGAIN):
        while (product := session.next_product()) is not None:
            console.print()
            console.print(Text(f"{product.place:,} of {products:,} products asked", style="bold"))
            console.print(Text(f"      {describe(catalog, product.position)}", style="bold"))
            for number, partner in enumerate(product.partners.tolist(), start=1):
                console.print(Text(f"{number:>4}  {describe(catalog, partner)}"))
            if not _answer(session, product, console.print):
                return False
    return True


def describe(catalog: Catalog, position: int) -> str:
    """Write a product in one line, with where its main picture is."""
    product: dict[str, Any] = catalog.take(np.array([position])).table.to_pylist()[0]
    said = [str(product[name]) for name in FIELDS if product[name] is not None and product[name] == product[name]]
    return plain(" · ".join([*said, *(product["images"] or [])[:1]]))


def _answer(session: RetrievalSession, product: AskedProduct, say: Callable[..., None]) -> bool:
    """Take one answer, or one step back; return False when the reviewer goes away."""
    while True:
        say(Text(ASKED, style="dim"), end=" ", soft_wrap=True)
        line = sys.stdin.readline()
        said = line.strip().lower()
        if not line or said == "q":
            return False
        if said == "z":
            if session.undo():
                return True
            say("there is no answer of yours to take back")
        elif (same := numbers_of(said, len(product.partners))) is not None:
            session.answer(product, [number - 1 for number in same])
            return True
        else:
            say(f"give numbers from 1 to {len(product.partners)} with blanks between, such as: 2 7")


def numbers_of(said: str, most: int) -> list[int] | None:
    """Return the numbers of an answer, none for an empty one; None where it is no list of numbers from 1 to `most`."""
    words = re.split(r"[\s,;]+", said) if said else []
    numbers = [int(word) for word in words if word.isdecimal()]
    return numbers if len(numbers) == len(words) and all(1 <= number <= most for number in numbers) else None
