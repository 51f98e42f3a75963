"""README and docs speak of the commands that there are, and of all of them."""

import re
import shlex
import shutil
from pathlib import Path

import click
import pyarrow.parquet as pq
import pytest

from scripts.main import COMMANDS, main

FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
BRIEF = {  # what keeps a training of the README to seconds
    "text": ["--epochs", "1", "--max-tokens", "16", "--valid", "pairs_valid.parquet"],
    "image": ["--epochs", "1", "--valid", "pairs_valid.parquet"],
    "cross": ["--epochs", "1", "--max-tokens", "16", "--folds", "2", "--valid", "pairs_valid.parquet"],
}
NOTATION = re.compile(r"[\[\]]|\.\.\.|…")  # of a synopsis: [--seed 0] PAIRS...


def documents(root):
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def command_lines(text):
    """The words after `heroic` of every such line of a code block; lines may go on after a backslash."""
    found = []
    for block in FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            line = line.strip().removeprefix("$ ")
            if line.startswith("heroic "):
                found.append(shlex.split(NOTATION.sub(" ", line), comments=True)[1:])
    return found


def parameters(name):
    command = main.get_command(click.Context(main), name)
    assert command is not None, f"heroic {name}: there is no such command"
    if not isinstance(command, click.Group):
        return command.params
    context = click.Context(command)
    return [param for sub in command.list_commands(context) for param in command.get_command(context, sub).params]


def options(name):
    """All spellings of the options of a command, of all commands of a group, or of `heroic` itself."""
    params = main.params if name is None else parameters(name)
    spellings = {spelling for param in params for spelling in (*param.opts, *param.secondary_opts)}
    return {spelling for spelling in spellings if spelling.startswith("-")} | {"--help", "-h"}


def unknown_words(words):
    """What a command line names that is not there."""
    if words[0].startswith("-"):
        return [word for word in words if word not in options(None)]
    if words[0] not in COMMANDS:
        return [words[0]]
    given = [part.partition("=")[0] for word in words[1:] for part in word.split("/") if part.startswith("-")]
    return [word for word in given if word not in options(words[0]) and not re.fullmatch(r"-[\d.]+", word)]


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("heroic build-index p.csv --out i -k 5", []),
        ("heroic --help", []),
        ("heroic find x", ["find"]),
        ("heroic query i --ident=7", ["--ident"]),
        (
            "heroic build-index PRODUCTS... --out INDEX [--lexical/--no-lexical] [--text-weight 0.5]  # reuses vectors",
            [],
        ),
    ],
)
def test_the_reading_of_command_lines(line, unknown):
    (words,) = command_lines(f"text\n```console\n$ {line}\n```\nheroic prose\n")
    assert unknown_words(words) == unknown


def test_a_line_that_goes_on_is_one_command():
    assert command_lines("```\nheroic train i p \\\n  --out m\n```") == [["train", "i", "p", "--out", "m"]]


def test_the_documents_name_only_commands_and_options_that_there_are(root):
    wrong = {
        f"{path.name}: heroic {' '.join(words)}": unknown_words(words)
        for path in documents(root)
        for words in command_lines(path.read_text(encoding="utf-8"))
    }
    assert {line: unknown for line, unknown in wrong.items() if unknown} == {}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(root, name):
    assert f"heroic {name}" in (root / "README.md").read_text(encoding="utf-8")


def test_the_two_commands_of_a_newcomer_are_in_the_readme_and_the_makefile(root):
    readme, makefile = ((root / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile"))
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_what_the_readme_links_to_is_there(root):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", (root / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if not (root / link).exists()] == []


@pytest.fixture
def small_models(tiny_text_model, clip_folder):
    """What stands in for the hub's models, which no test downloads: each read by the same libraries; and for a cluster."""
    return {
        "st:intfloat/multilingual-e5-small": f"st:{tiny_text_model}",
        "clip:ViT-B-32/laion2b_s34b_b79k": f"clip:{clip_folder}",
        "10.0.0.1:6379": "local:1",  # there is no cluster
    }


EXPORTS = {  # files that the README names
    "products_export.csv": "Handle,Title,Variant SKU,Variant Price\nmug,Mug,m1,3\nmug,,m2,4\n",
    "feed.xml": '<rss xmlns:g="http://base.google.com/ns/1.0"><channel>'
    + "".join(
        f"<item><g:id>{name}</g:id><g:title>Mug {name}</g:title><g:link>https://x.example</g:link>"
        f"<g:image_link/><g:availability>in_stock</g:availability></item>"
        for name in ("g1", "g2")
    )
    + "</channel></rss>",
    "Flat.File.txt": "TemplateType=x\tVersion=1\t\nSeller SKU\tName\tBrand\nitem_sku\titem_name\tbrand_name\na1\tMug\tAcme\n",
    "en.products.csv": "code\tproduct_name\tbrands\tcountries_en\n301\tNuts\tAcme\tFrance\n302\tRice\tAcme\tFrance\n",
    "shop-a.csv": "sku,name\n1,Blue mug\n2,Red mug\n",
    "shop-b.csv": "code;product\nx1;Mug blue\nx2;Mug red\n",
}


def test_the_commands_of_the_readme_and_of_the_tour_run_one_after_the_other(
    root, sample, heroic, small_models, tmp_path, monkeypatch
):
    """On the committed sample in place of the demo's, whose products have other ids."""
    shutil.copytree(sample, tmp_path / "sample")
    monkeypatch.chdir(tmp_path / "sample")
    products = pq.read_table("products.parquet")
    known, other = (products["id"][row].as_py() for row in (0, 1))
    pq.write_table(products.slice(2, 3), "changes.parquet")
    pq.write_table(products.slice(5, 3), "offers.parquet")
    for name, content in EXPORTS.items():
        Path(name).write_text(content, encoding="utf-8")
    Path("gone.txt").write_text("", encoding="utf-8")  # nothing: the pairs that follow name every product
    heroic("labels", "labels.db", "--import", "pairs_train.parquet", "--reviewer", "anna")  # nobody is here to answer
    texts = [(root / name).read_text(encoding="utf-8") for name in ("README.md", "docs/tour.md")]
    lines = [list(words) for words in dict.fromkeys(tuple(words) for text in texts for words in command_lines(text))]
    assert {words[0] for words in lines} >= {"build-index", "query", "candidates", "train", "score", "evaluate"}
    for words in lines:
        words[:] = [small_models.get(word, word) for word in words]
        if words[0] == "train-encoder":
            words += BRIEF[words[1]]
        if "--id" in words:
            words[words.index("--id") + 1] = known
        if "--pair" in words:
            words[words.index("--pair") + 1 : words.index("--pair") + 3] = known, other
    # a query may stand before the command that makes its model
    for words in sorted(lines, key=lambda words: words[0] in ("query", "explain", "match", "inspect")):
        result = heroic(*words)
        assert result.exit_code == 0, f"heroic {' '.join(words)}: {result.stderr}"
