"""The documents explain every option, and what they name of the code and of each other is there."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from scripts.main import COMMANDS, main

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "data/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LISTS = {"commands.md", "benchmarks.md"}  # what --help says, and what was measured: neither explains an option
CODE_BLOCK = re.compile(r"^```.*?^```|^ {4}\S.*?$", re.MULTILINE | re.DOTALL)
DOTTED = re.compile(r"\b(?:indexing|reranking|eval|scripts)(?:\.[a-z_]\w*)+", re.IGNORECASE)
FILE = re.compile(r"(?<![\w/])(?:indexing|reranking|eval|scripts|tests)/[\w/]+\.py\b")
RUN = re.compile(r"python -m ([\w.]+)((?:[^\n`]|\\\n)*)")
DEFAULT = re.compile(r"^\| `(--?[a-z-]+)[^|]*` \| ([\d.]+) \|", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[\w-]+)?\)")


def sections(text):
    """The parts of a document, each from its heading to the next one; a # inside a code block begins none."""
    parts, within = [[]], False
    for line in text.splitlines():
        within ^= line.startswith("```")
        if line.startswith("#") and not within:
            parts.append([])
        parts[-1].append(line)
    return ["\n".join(part) for part in parts]


def prose(text):
    """A document without its blocks of code: an example alone explains nothing."""
    return CODE_BLOCK.sub("", text)


def explained(name, documents):
    """The options that the prose of any section names that speaks of the command."""
    found = set()
    for text in documents:
        for section in sections(text):
            if re.search(rf"heroic {name}(?![\w-])", section):
                found |= set(OPTION.findall(prose(section)))
    return found


def test_the_page_of_the_architecture_names_what_is_there():
    """Names in backquotes after a file's path in brackets, or before it, are defined in that file."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)`\s*\(`([\w/]+\.py)`", text)
    named += [
        (name, path)
        for path, names in re.findall(r"`([\w/]+\.py)`\s*\((`[^)]*)\)", text)
        for name in re.findall(r"`(\w+)`", names)
    ]
    assert len(named) > 8
    missing = [
        (name, path)
        for name, path in named
        if not re.search(rf"^(?:def |class )?{name}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []


def every_command():
    """The name and the click command of each, those of a group as `group command`."""
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            inner = click.Context(command)
            yield from ((f"{name} {word}", command.get_command(inner, word)) for word in command.list_commands(inner))
        else:
            yield name, command


def unexplained(name, command, documents):
    """The options of a command that no document explains, each by its longest spelling."""
    there = explained(name, documents)
    options = [param for param in command.params if isinstance(param, click.Option)]
    return [max(o.opts, key=len) for o in options if not there & {*o.opts, *o.secondary_opts}]


@click.command()
@click.option("-k")
@click.option("--deep/--no-deep")
def grow(k, deep):
    """A command to try the reading of documents on."""


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("# A\n`heroic grow` takes `-k` and `--no-deep`.", []),
        ("# A\n`heroic grow` takes `-k`.\n# B\n`--deep` is of something else.", ["--deep"]),
        ("# A\n`heroic grow`:\n```\nheroic grow -k 5 --deep\n# no heading\n```\nand `-k` is told of.", ["--deep"]),
        ("# A\n`heroic grow-tall` has `-k` and `--deep`; so has this: `--deep-down`.", ["-k", "--deep"]),
        ("# A\n`heroic grow`\n\n    heroic grow -k 5\n\nalso `--deep`", ["-k"]),
    ],
)
def test_the_reading_of_explanations(text, missing):
    assert unexplained("grow", grow, [text]) == missing


@pytest.mark.parametrize(("name", "command"), [*every_command()])
def test_every_option_is_explained_beside_its_command(name, command):
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS if path.name not in LISTS]
    assert unexplained(name, command, texts) == []


def wrong_defaults(section, commands):
    """The rows of a section's tables that give another number as default than every command that the section names."""
    spoken = [command for name, command in commands if re.search(rf"heroic {name}(?![\w-])", section)]
    options = [param for command in spoken for param in command.params if isinstance(param, click.Option)]
    return [
        f"{option} {number}"
        for option, number in DEFAULT.findall(section)
        if float(number) not in [param.default for param in options if option in param.opts]
    ]


def test_the_reading_of_defaults():
    text = "of `heroic grow`:\n| `--size N` | 20 | how large |\n| `-k N` | 3 | so many |\n"
    command = click.Command("grow", params=[click.Option(["--size"], default=20), click.Option(["-k"], default=4)])
    assert wrong_defaults(text, [("grow", command)]) == ["-k 3"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_defaults_in_the_documents_are_those_of_the_commands(path):
    commands = list(every_command())
    found = [wrong_defaults(section, commands) for section in sections(path.read_text(encoding="utf-8"))]
    assert [row for rows in found for row in rows] == []


def is_there(dotted):
    """Whether it is a module of ours, or a name in one."""
    try:
        if find_spec(dotted) is not None:
            import_module(dotted)
            return True
    except ModuleNotFoundError:
        pass  # its parent is no package: perhaps a module
    module, _, name = dotted.rpartition(".")
    return bool(module) and find_spec(module) is not None and hasattr(import_module(module), name)


def test_a_name_that_is_not_there_is_seen():
    assert is_there("eval.report.evaluate")
    assert is_there("scripts.benchmarks")
    assert not is_there("eval.report.evaluated")
    assert not is_there("eval.reporting")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_names_in_the_documents_are_there(path):
    found = dict.fromkeys(DOTTED.findall(path.read_text(encoding="utf-8")))
    assert [dotted for dotted in found if not is_there(dotted)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_code_in_the_documents_are_there(path):
    found = dict.fromkeys(FILE.findall(path.read_text(encoding="utf-8")))
    assert [name for name in found if not (ROOT / name).is_file()] == []


def options_of_script(module):
    """All spellings of the options of the click command of a script, or of all commands of its group."""
    spec = find_spec(module)
    command = import_module(module if spec.submodule_search_locations is None else f"{module}.__main__").command
    commands = [command, *getattr(command, "commands", {}).values()]
    params = [param for each in commands for param in each.params]
    return {spelling for param in params for spelling in (*param.opts, *param.secondary_opts)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_scripts_that_the_documents_run_have_the_options_given(path):
    runs = [(module, rest.partition(" #")[0]) for module, rest in RUN.findall(path.read_text(encoding="utf-8"))]
    wrong = {
        f"{module} {option}"
        for module, rest in runs
        for option in OPTION.findall(rest)
        if option not in options_of_script(module)
    }
    assert wrong == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path):
    def leads(target, anchor):
        file = (path.parent / target) if target else path
        if not anchor:
            return file.exists()
        headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        return anchor in {"#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert [link for link in LINK.findall(path.read_text(encoding="utf-8")) if not leads(*link)] == []
