"""People type lines at a terminal, through prompt_toolkit: history, completion, a bar that says where one is."""

import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.styles import Style

from indexing.catalog.filters import category_names, source_names
from scripts.commands.query.prompt import Prompt
from scripts.commands.query.words import COMMANDS, PICTURE_SUFFIXES
from scripts.terminal.interrupts import Stopped

COMPLETED_IDS = 5000  # of a larger catalogue the first ones
MOST_OFFERED = 50
STYLE = Style.from_dict({"prompt": "bold ansicyan", "bottom-toolbar": "noreverse bg:ansibrightblack ansiwhite"})


def typed_lines(prompt: Prompt) -> Iterator[str]:
    """Yield the lines that are typed, until Ctrl-D. Ctrl-C clears a line."""
    session: PromptSession[str] = PromptSession(
        message=[("class:prompt", "heroic> ")],
        history=open_history(),
        completer=LineCompleter(prompt),
        complete_while_typing=True,
        auto_suggest=AutoSuggestFromHistory(),
        bottom_toolbar=lambda: toolbar(prompt),
        style=STYLE,
    )
    print("Type an id, a text, or a picture's path; :help for more, Ctrl-D to leave.")
    while True:
        try:
            yield session.prompt()
        except Stopped:
            raise
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def open_history() -> History:
    """Open the lines of before from the user's state folder; keep only this session's where that cannot be written."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    path = Path(state).expanduser() / "heroic" / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def toolbar(prompt: Prompt) -> FormattedText:
    """Show index, products, filters, k and model."""
    session = prompt.session
    parts = [session.name, f"{len(session.index.catalog):,} products", ", ".join(session.index.views)]
    parts += [str(prompt.filters) or "all products", f"k {prompt.k}"]
    parts += ["with a model" if session.model is not None else "no model"]
    return FormattedText([("", " " + " · ".join(parts) + " ")])


class LineCompleter(Completer):
    """It completes commands, names after `:category`, `:source` and `:not-source`, paths of pictures, and ids."""

    def __init__(self, prompt: Prompt) -> None:
        self.catalog = prompt.session.index.catalog
        self.paths = PathCompleter(expanduser=True, file_filter=_is_folder_or_picture)

    @cached_property
    def categories(self) -> list[str]:
        return category_names(self.catalog)

    @cached_property
    def sources(self) -> list[str]:
        return source_names(self.catalog)

    @cached_property
    def ids(self) -> list[str]:
        return [str(value) for value in self.catalog.ids.slice(0, COMPLETED_IDS).to_pylist()]

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        line = document.text_before_cursor.lstrip()
        name, space, rest = line.partition(" ")
        rest = rest.lstrip()
        if not space and name.startswith(":"):
            yield from _commands(name)
        elif name == ":category":
            yield from _containing(rest, self.categories)
        elif name in (":source", ":not-source"):
            yield from _containing(rest, self.sources)
        elif name == ":image" or (not space and name.startswith(("/", "./", "../", "~"))):
            path = rest if name == ":image" else line
            yield from self.paths.get_completions(Document(path, len(path)), complete_event)
        elif name == ":id" or (line and not space):
            yield from _beginning(rest if name == ":id" else line, self.ids)


def _commands(begun: str) -> Iterator[Completion]:
    for command in COMMANDS:
        if command.name.startswith(begun):
            text = command.name + (" " if command.argument else "")
            shown = f"{command.name} {command.argument}".rstrip()
            yield Completion(text, -len(begun), display=shown, display_meta=command.meaning)


def _containing(part: str, names: list[str]) -> Iterator[Completion]:
    wanted = part.casefold()
    found = [name for name in names if wanted in name.casefold()]
    for name in sorted(found, key=lambda name: not name.casefold().startswith(wanted))[:MOST_OFFERED]:
        yield Completion(name, -len(part))


def _beginning(part: str, ids: list[str]) -> Iterator[Completion]:
    found = (value for value in ids if value.startswith(part))
    for _, value in zip(range(MOST_OFFERED), found, strict=False):
        yield Completion(value, -len(part))


def _is_folder_or_picture(name: str) -> bool:
    return os.path.isdir(name) or name.lower().endswith(PICTURE_SUFFIXES)
