"""At the prompt of `heroic query` each line is a product, a text, a picture or a command."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pyarrow as pa
from rapidfuzz import fuzz, process

from indexing.catalog.filters import EVERYBODY, Filters
from indexing.errors import InputError
from indexing.query.find_neighbours import Query, query_by_id
from reranking.answers.session import Answer, Session
from scripts.commands.query.answers import least_width, render_answer
from scripts.commands.query.explanation import render_explanation
from scripts.commands.query.words import COMMANDS, PICTURE_SUFFIXES
from scripts.terminal.console import open_console, plain, widen
from scripts.terminal.progress import shown


class Prompt:
    """It answers lines, and keeps the filters, k and the last answer."""

    def __init__(self, session: Session, k: int, filters: Filters = EVERYBODY) -> None:
        """Begin with these filters. Raises InputError for an unknown category or source."""
        self.session, self.k, self.filters = session, k, filters
        session.index.allowed(filters)
        self.last: Answer | None = None
        self.console = open_console()
        self._actions: dict[str, Callable[[str], None]] = {
            ":id": lambda text: self._ask(self._by_id(text)),
            ":text": lambda text: self._ask(Query(text=text)),
            ":image": lambda text: self._ask(Query(picture=Path(_unquoted(text)).expanduser())),
            ":category": lambda name: self._filter(replace(self.filters, category=name or None)),
            ":source": lambda name: self._filter(replace(self.filters, sources=_more(self.filters.sources, name))),
            ":not-source": lambda name: self._filter(
                replace(self.filters, not_sources=_more(self.filters.not_sources, name))
            ),
            ":k": self._choose_k,
            ":explain": self._explain,
            ":help": lambda text: self._help(),
        }

    def answer(self, line: str) -> bool:
        """Answer one line, and say what is wrong with it in one line on stderr. Return False when it asks to leave."""
        line = line.strip()
        if line in (":quit", ":q", ":exit"):
            return False
        try:
            self._act(line)
        except InputError as error:
            click.echo(f"heroic: {plain(str(error))}", err=True)
        return True

    def query_of(self, line: str) -> Query:
        """Say what a line without a colon means: an id that exists, else a picture's path, else a text."""
        if self.session.index.catalog.lookup.find(pa.array([line]))[0] >= 0:
            return self._by_id(line)
        path = Path(_unquoted(line)).expanduser()
        if path.suffix.lower() in PICTURE_SUFFIXES and _is_file(path):
            return Query(picture=path)
        return Query(text=line)

    def _act(self, line: str) -> None:
        if not line:
            return
        if not line.startswith(":"):
            query = self.query_of(line)
            note = None if query.text is None else self.session.index.catalog.lookup.taken_for_text(query.text)
            if note is not None:
                self._say(note)
            self._ask(query)
            return
        name, _, argument = line.partition(" ")
        if name not in self._actions:
            names = [*self._actions, ":quit"]
            near = process.extractOne(name, names, scorer=fuzz.ratio, score_cutoff=60)
            hint = f"did you mean {near[0]}?" if near else "see :help"
            raise InputError(f"{name}: no such command: {hint}")
        self._actions[name](argument.strip())

    def _by_id(self, text: str) -> Query:
        return query_by_id(self.session.index.catalog, text)

    def _ask(self, query: Query) -> None:
        with shown(passing=True) as self.session.progress:
            self.last = self.session.ask(query, self.k, self.filters)
        widen(self.console, least_width(self.last))
        self.console.print(render_answer(self.session, self.last, self.console.width))

    def _filter(self, filters: Filters) -> None:
        allowed = self.session.index.allowed(filters)
        self.filters = filters
        self._say("all products" if allowed is None else f"{filters}: {int(allowed.sum()):,} products")

    def _choose_k(self, text: str) -> None:
        self.k = _whole_number(text, ":k")
        self._say(f"k {self.k}")

    def _explain(self, text: str) -> None:
        number = _whole_number(text, ":explain")
        if self.last is None:
            raise InputError(":explain: nothing was asked yet: type an id, a text or a picture's path first")
        self.console.print(render_explanation(self.session, self.last, number))

    def _help(self) -> None:
        self._say("Type an id, a text, or a picture's path: an id that exists wins, then a picture that exists.")
        for command in COMMANDS:
            self._say(f"  {command.name + ' ' + command.argument:<16}  {command.meaning}")

    def _say(self, text: str) -> None:
        self.console.print(plain(text), markup=False)


def _more(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return the names with another one, none without it."""
    return tuple(dict.fromkeys((*names, name))) if name else ()


def _whole_number(text: str, name: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise InputError(f"{name} {text!r}: give a number from 1 to 10000")
    return int(text)


def _unquoted(text: str) -> str:
    """Return a path without the quotes in which terminals may paste it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _is_file(path: Path) -> bool:
    """Say whether it is a file; False also for what the system takes for no path: too long, or with a null
    character."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
