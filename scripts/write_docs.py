"""The code itself says some pages of docs/; `python -m scripts.write_docs` writes them."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

FEATURES_HEAD = """# Features

Every signal of a pair that the reranker sees, as declared in `reranking/`. NaN is unknown. All are symmetric: swapping
left and right changes none. None is made from ids or the order of a file. A view's features are there when the index
has the view. This page is made by `python -m scripts.write_docs`; a test compares it with the declarations.
"""
COMMANDS_HEAD = """# Commands

What `--help` says. This page is made by `python -m scripts.write_docs`; a test compares it with the commands.

Exit codes: 0 done, 1 a check that was asked for failed, 2 bad input or usage (one line on stderr says what, where and
what to do; no output is left), 130 interrupted (Ctrl+C), 143 stopped by SIGTERM (systemd, containers, schedulers), 129 by SIGHUP (a terminal that
is closed): where the same command goes on, the line says so; otherwise it begins again. While it cleans up, another such signal within
a second is the same one; a later one breaks the cleaning off. What a library is at (FAISS, XGBoost), and what threads
have begun, ends first.
"""


def render_features() -> str:
    """Return docs/features.md: one table a family."""
    from reranking.signals.signals import declared_features

    families: dict[str, list[str]] = {}
    for feature in declared_features():
        rows = families.setdefault(feature.family, [])
        rows.append(f"| `{feature.name}` | {feature.meaning.replace('|', chr(92) + '|')} |")
    parts = [FEATURES_HEAD]
    for family, rows in families.items():
        parts.append("\n".join([f"## {family} ({len(rows)})", "", "| feature | meaning |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def render_commands() -> str:
    """Return docs/commands.md: the help of every command."""
    import click

    from scripts.main import COMMANDS, main

    parts = [COMMANDS_HEAD]
    for name in COMMANDS:
        context = click.Context(main, info_name="heroic", **main.context_settings)
        command = main.get_command(context, name)
        assert command is not None
        own = click.Context(command, info_name=name, parent=context, terminal_width=110)
        parts.append(f"## heroic {name}\n\n```\n{command.get_help(own)}\n```\n")
        if isinstance(command, click.Group):
            parts.extend(_render_inner(command, own, word) for word in command.list_commands(own))
    return "\n".join(parts)


def _render_inner(group: "click.Group", context: "click.Context", word: str) -> str:
    """Return the help of a command of a group."""
    import click

    command = group.get_command(context, word)
    assert command is not None
    text = command.get_help(click.Context(command, info_name=word, parent=context, terminal_width=110))
    return f"### {context.command_path} {word}\n\n```\n{text}\n```\n"


def render_rooms() -> str:
    """Return docs/rooms.svg: the rooms and what they import, drawn from the code beside this module."""
    from scripts.draw_rooms import draw_rooms, read_rooms

    return draw_rooms(read_rooms(Path(__file__).parents[1]))


PAGES = {"features.md": render_features, "commands.md": render_commands, "rooms.svg": render_rooms}

if __name__ == "__main__":
    for page, render in PAGES.items():
        Path("docs", page).write_text(render(), encoding="utf-8")
