"""The house: which package may import which, who owns which library, and how large a module may be."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("indexing", "reranking", "eval", "scripts")  # each may import itself and those before it
MOST_LINES = 300
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "misc", "tools"}
OWNERS = {  # library: the modules that may import it
    "faiss": {"indexing.search.faiss_index"},
    "sparse_dot_topn": {"indexing.search.lexical_index"},
    "xgboost": {"reranking.boosters.boosting"},
    "filelock": {"indexing.storage.artefact"},
    "prompt_toolkit": {"scripts.commands.query.terminal"},
    "jinja2": {"eval.pages.render"},
    "plotly": {"eval.pages.render", "scripts.commands.explain.page"},
    "optuna": {"reranking.training.tuning"},
    "torch": {
        "indexing.encoders.pictures.clip",
        "indexing.encoders.pictures.clip_model",
        "indexing.encoders.pictures.clip_onnx",
        "reranking.encoder_training.pictures.start",
        "reranking.encoder_training.pictures.clip_learner",
        "indexing.machine.device",
        "reranking.encoder_training.pictures.augmentation",
        "indexing.encoders.text.sentence",
        "reranking.encoder_training.sentence_learner",
        "indexing.encoders.text.engines",
        "reranking.encoder_training.loop.checkpoint",
        "reranking.encoder_training.loop.run",
        "reranking.encoder_training.loop.schedule",
        "reranking.signals.learned.cross_encoder",
        "reranking.encoder_training.cross_learner",
    },
    "open_clip": {"indexing.encoders.pictures.clip_model", "reranking.encoder_training.pictures.clip_learner"},
    "fsspec": {"indexing.catalog.pictures"},
    "sentence_transformers": {
        "indexing.encoders.text.sentence",
        "reranking.encoder_training.sentence_learner",
        "indexing.encoders.text.engines",
        "reranking.signals.learned.cross_encoder",
        "reranking.signals.learned.cross_folds",
        "reranking.encoder_training.cross_learner",
    },
}
PICTURES = {
    "indexing.catalog.pictures",
    "indexing.encoders.pictures.shape",
    "indexing.encoders.thumbnail",
}
MEASURING = "scripts.benchmarks."  # a benchmark compares ours with the raw engines
HEAVY = ("numpy", "pandas", "pyarrow", "scipy", "sklearn", "PIL", "faiss", "xgboost", "rich", "plotly")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}
SOURCES = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
TREES = {name: ast.parse(source) for name, source in SOURCES.items()}


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """The modules that these statements import, `from a.b import c` as a.b, and a.b.c where that is a module of ours."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
            found |= {name for alias in node.names if (name := f"{node.module}.{alias.name}") in MODULES}
    return found


def when_imported(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes that run when a module is imported: not the bodies of functions, not what only type checkers see."""
    for statement in statements:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from when_imported(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement
            for body in ("body", "orelse", "finalbody", "handlers"):
                yield from when_imported(getattr(statement, body, []))


IMPORTS = {name: imported(ast.walk(tree)) for name, tree in TREES.items()}
AT_IMPORT = {name: imported(when_imported(tree.body)) for name, tree in TREES.items()}


def is_command(tree: ast.Module) -> bool:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return any(
        "click.command" in ast.unparse(d) or "click.group" in ast.unparse(d)
        for f in functions
        for d in f.decorator_list
    )


COMMANDS = {name for name, tree in TREES.items() if name.startswith("scripts.") and is_command(tree)} | {"scripts.main"}


def test_the_rules_see_the_house():
    assert {name.partition(".")[0] for name in MODULES} == set(PACKAGES)
    assert "indexing.encoders.by_spec" in IMPORTS["indexing.build.view_encoding"]
    assert "indexing.build.build_index" in IMPORTS["scripts.commands.build_index"]
    assert "indexing.build.build_index" not in AT_IMPORT["scripts.commands.build_index"]
    assert {"scripts.commands.build_index", "scripts.commands.train.train", "scripts.commands.evaluate"} <= COMMANDS


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name):
    own = PACKAGES.index(name.partition(".")[0])
    assert not {other for other in IMPORTS[name] if other.partition(".")[0] in PACKAGES[own + 1 :]}


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_absolute(name):
    assert not {other for other in IMPORTS[name] if other.startswith(".")}


@pytest.mark.parametrize("name", MODULES)
def test_pythons_eval_is_not_hidden(name):
    found = [alias.name for node in ast.walk(TREES[name]) if isinstance(node, ast.Import) for alias in node.names]
    assert not [module for module in found if module.partition(".")[0] == "eval"]


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_by_its_owner_alone(library):
    users = {
        name
        for name, found in IMPORTS.items()
        if library in {module.partition(".")[0] for module in found} and not name.startswith(MEASURING)
    }
    assert users == OWNERS[library]


def test_indexing_opens_pictures_in_few_modules():
    users = {name for name in MODULES if "PIL" in IMPORTS[name] and name.startswith("indexing.")}
    assert users == PICTURES


@pytest.mark.parametrize("name", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_a_package_holds_a_docstring_and_nothing_else(name):
    assert ast.get_docstring(TREES[name])
    assert len(TREES[name].body) == 1


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_a_name_a_docstring_and_one_concept(name):
    assert not NAMELESS & set(name.split("."))
    assert not set(name.rpartition(".")[2].split("_")) & NAMELESS
    assert ast.get_docstring(TREES[name])
    assert len(SOURCES[name].splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_imports_only_click_and_what_python_brings(name):
    seen, ahead = set(), {name}
    while ahead:
        here = ahead.pop()
        seen.add(here)
        ours = {other for other in AT_IMPORT[here] if other in MODULES}
        others = {module.partition(".")[0] for module in AT_IMPORT[here] - ours}
        assert others <= {"click", *sys.stdlib_module_names}, f"{here} imports {others}"
        assert {other.partition(".")[0] for other in ours} <= {"scripts"}, f"{here} imports {ours}"
        ahead |= ours - seen


def test_starting_the_command_loads_nothing_heavy():
    code = f"import sys, scripts.main; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_imported_packages_are_this_projects(package):
    module = importlib.import_module(package)
    assert module.__doc__ == ast.get_docstring(TREES[package], clean=False)
    assert {Path(path).name for path in module.__path__} == {package}
    homes = {Path(importlib.import_module(other).__file__).resolve().parents[1] for other in PACKAGES}
    assert len(homes) == 1


def test_a_shadowed_eval_is_still_pythons():
    importlib.import_module("eval.report")
    assert eval("1 + 1") == 2
