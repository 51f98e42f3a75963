"""The house: rooms in one order, their doors, who owns which library, and how large a room and a module may be.

Each rule is a function over a House, so that it can be broken on purpose: `TestABrokenHouse` does.
"""

import ast
import configparser
import importlib
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("indexing", "reranking", "eval", "scripts")
ROOMS = (  # the ground floor first: a room imports itself and the rooms before it
    "indexing.arrays",
    "indexing.errors",
    "indexing.machine",
    "indexing.storage",
    "indexing.running",
    "indexing.files",
    "indexing.words",
    "indexing.catalog",
    "indexing.reading",
    "indexing.vectors",
    "indexing.encoders",
    "indexing.search",
    "indexing.join",
    "indexing.index_manifest",
    "indexing.product_index",
    "indexing.shared_index",
    "indexing.given",
    "indexing.build",
    "indexing.update",
    "indexing.stored_index",
    "indexing.publishing",
    "indexing.query",
    "reranking.labels",
    "reranking.identifiers",
    "reranking.pairs",
    "reranking.boosters",
    "reranking.signals",
    "reranking.weak_labels",
    "reranking.decisions",
    "reranking.kinds",
    "reranking.model",
    "reranking.explain",
    "reranking.matching",
    "reranking.answers",
    "reranking.training",
    "reranking.asking",
    "reranking.encoder_training",
    "reranking.grouping",
    "eval.inputs",
    "eval.review",
    "eval.metrics",
    "eval.audit",
    "eval.findings",
    "eval.report",
    "eval.pages",
    "eval.comparing",
    "scripts.terminal",
    "scripts.sample",
    "scripts.make_sample",
    "scripts.lean_imports",
    "scripts.main",
    "scripts.serve",
    "scripts.commands",
    "scripts.benchmarks",
    "scripts.draw_rooms",
    "scripts.write_docs",
    "scripts.take_screenshot",
)
DOORS = {  # room: the modules that other rooms import, checked in both directions
    "indexing.machine": {"device", "memory", "progress", "threads"},
    "indexing.storage": {
        "artefact",
        "event_file",
        "mapped",
        "outputs",
        "records",
        "scratch",
        "short_text",
        "stored.cache",
        "stored.draft",
        "stored.leftovers",
        "stored.output",
        "stored.part_store",
        "stored_versions",
        "stores",
        "versions",
        "whole_file",
    },
    "indexing.running": {
        "attempts",
        "choice",
        "equal_keys",
        "local",
        "node_check",
        "parts",
        "processes",
        "same_versions",
        "stages",
        "tasks",
    },
    "indexing.files": {
        "blocks",
        "columnar.staging",
        "content.cell_bytes",
        "content.sources",
        "integers",
        "json_text",
        "listing",
        "options",
        "tables",
    },
    "indexing.words": {"latin", "normal_form", "quantities", "reading", "spellings", "text_keys", "tokens"},
    "indexing.catalog": {
        "catalog",
        "category_level",
        "contents",
        "digest",
        "filters",
        "ids",
        "missing_pictures",
        "pictures",
        "product_codes",
        "reject_log",
        "rejects",
        "text_template",
    },
    "indexing.reading": {
        "inputs",
        "read_catalog",
        "row_checks",
        "schema.expression",
        "schema.stored_form",
        "sniffing.sniffed",
    },
    "indexing.vectors": {
        "centres",
        "fusion",
        "layers",
        "ngram_options",
        "ngrams",
        "pair_cosines",
        "random_signs",
        "row_blocks",
        "rows",
        "sparse_rows",
        "vectors",
    },
    "indexing.encoders": {
        "by_spec",
        "column",
        "encoder",
        "lsa",
        "model_source",
        "options",
        "pictures.clip",
        "pictures.clip_model",
        "pictures.decoding",
        "pictures.missed",
        "pictures.patches.fitting",
        "pictures.patches.model",
        "pictures.patches.options",
        "pictures.patience",
        "pictures.picture_encoder",
        "pictures.plan",
        "pictures.points.codes",
        "pictures.points.model",
        "pictures.shape",
        "precision",
        "record",
        "text.engines",
        "text.sentence",
        "text.static",
        "text.text_encoder",
        "thumbnail",
    },
    "indexing.search": {
        "best_lists",
        "device",
        "equal_rows",
        "faiss_index",
        "gpu_index",
        "index",
        "layered_index",
        "lexical_index",
        "near_lists",
        "neighbours",
        "recall",
        "tuned_index",
    },
    "indexing.join": {
        "choice",
        "dense_join",
        "neighbour_files",
        "options",
        "parts.neighbour_parts",
        "parts.parts_planner",
        "parts.search_parts",
        "parts.truth_parts",
        "parts.unit_parts",
        "parts.window_parts",
        "plan",
        "probing_plan",
        "rows",
        "self_join",
        "settled_cosines",
        "tiles",
        "window_join",
    },
    "indexing.given": {"encoders", "neighbour_search", "read_given", "untaught_pictures"},
    "indexing.build": {
        "build_index",
        "build_plan",
        "dense_view",
        "encode_view",
        "joining",
        "options",
        "parts.poison",
        "shard_folder",
    },
    "indexing.update": {"compact_index", "row_digests", "update_index"},
    "indexing.publishing": {"address", "open_published", "publication", "publish_index", "server"},
    "indexing.query": {"find_neighbours"},
    "reranking.labels": {"agreement", "asking", "label", "reviews", "settled", "store", "store_file", "trend"},
    "reranking.identifiers": {"identifiers", "label_evidence"},
    "reranking.pairs": {
        "candidates",
        "evaluation_category",
        "folds",
        "hold_out",
        "labelled",
        "misleading_pairs",
        "pair_files",
        "pair_rejects",
        "positioned_blocks",
        "product_groups",
        "repeats",
        "seen_products",
    },
    "reranking.boosters": {"boosting", "ensemble", "examples", "feature_blocks", "shares"},
    "reranking.signals": {
        "counted_catalogue",
        "families.attributes",
        "families.identifiers",
        "families.listed_sides",
        "families.numbers",
        "families.points",
        "families.products",
        "families.ranks",
        "families.titles",
        "families.views",
        "feature",
        "kept_counts",
        "kept_pairs",
        "learned.cross",
        "learned.cross_encoder",
        "learned.cross_folds",
        "learned.gate",
        "learned.pair_tokens",
        "learned.rival_lists",
        "learned.rivals",
        "learned.stacking",
        "learned.word_training",
        "learned.words",
        "plain_families",
        "product_rows",
        "signals",
        "stacked",
        "texts.attribute_values",
        "texts.bags",
        "texts.codes",
        "texts.colors",
        "texts.counting",
        "texts.ranges",
        "texts.synonyms",
        "texts.worlds",
        "whole_catalogue",
    },
    "reranking.weak_labels": {"weak_pairs"},
    "reranking.decisions": {
        "asked_precision",
        "calibration",
        "evidence",
        "expected",
        "judgement",
        "prior",
        "prior_shift",
        "thresholds",
        "validation",
    },
    "reranking.kinds": {"judged_sample", "kind_check", "pair_sample", "pairs_to_label", "reservoir", "unlike_calls"},
    "reranking.model": {
        "folder",
        "index_needs",
        "manifest",
        "pair_scorer",
        "reranker",
        "score_pairs",
        "scores_manifest",
        "scores_writer",
        "scoring.counted_parts",
        "scoring.pair_parts",
        "scoring.prior_choice",
        "train_options",
        "training_report",
    },
    "reranking.explain": {
        "category_warnings",
        "contributions",
        "document",
        "explanation",
        "product_facts",
        "promise_warnings",
        "reasons",
        "wording.learned",
        "wording.seen_pair",
    },
    "reranking.matching": {"match_file", "match_offers", "matched_offers"},
    "reranking.answers": {"document", "session"},
    "reranking.training": {
        "apart.training_elsewhere",
        "audit",
        "examples",
        "scarce_labels.unsupervised",
        "train_reranker",
        "training_pairs",
        "tuning",
    },
    "reranking.asking": {"committee", "open_session", "pool", "pool_rows", "session"},
    "reranking.encoder_training": {
        "cross",
        "cross_learner",
        "loop.run",
        "loop.schedule",
        "pictures.augmentation",
        "pictures.clip_learner",
        "pictures.training",
        "sentence_learner",
        "text",
    },
    "reranking.grouping": {
        "bounds",
        "decision_store",
        "decisions",
        "group_files",
        "group_products",
        "linked_groups",
        "members",
        "scored_pairs",
        "seen_titles",
    },
    "eval.inputs": {"categories", "context", "joining", "scored_blocks", "scores"},
    "eval.review": {"queue", "read_queue"},
    "eval.metrics": {"curves", "decisions", "drawn_parts", "intervals", "precision_auc", "reliability", "uncertainty"},
    "eval.audit": {"answered", "audit_report", "estimates", "population", "retrieval", "sampling", "session"},
    "eval.findings": {"ceiling", "leakage", "mistakes", "mixes", "promise", "reasons", "slices", "suspects"},
    "eval.pages": {
        "audit_pages",
        "cards",
        "differences",
        "pictures",
        "render",
        "report_document",
        "report_json",
        "side_by_side",
        "tables",
    },
    "eval.comparing": {"comparison", "drift", "judged", "render"},
    "scripts.terminal": {
        "asking",
        "asking_products",
        "console",
        "engine_text",
        "interrupts",
        "lazy_group",
        "missing_pictures",
        "mistakes",
        "option_types",
        "progress",
        "reading",
        "set_aside",
    },
    "scripts.sample": {"files"},
    "scripts.serve": {"options", "safety.tokens", "server"},
}
MOST_NAMES = 12  # of a folder
LARGER_FOLDERS = {  # folder: why it may hold more
    "indexing": "its rooms, and what all of them share",
    "reranking": "its rooms",
    "scripts/commands": "files of one kind",
    "scripts/benchmarks": "files of one kind",
    "scripts/sample": "files of one kind",
}
MOST_LINES = 300
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "misc", "tools"}
OWNERS = {  # library: the modules that may import it
    "faiss": {"indexing.vectors.row_blocks"},
    "pandas": set(),  # only benchmarks and tests need it
    "sparse_dot_topn": {"indexing.search.lexical_index"},
    "xgboost": {"reranking.boosters.growing", "reranking.boosters.collective", "reranking.boosters.meeting"},
    "ray": {"indexing.running.ray_crew"},
    "pymilvus": {"indexing.publishing.server"},
    "milvus_lite": {"indexing.publishing.server"},
    "filelock": {"indexing.storage.artefact"},
    "prompt_toolkit": {"scripts.commands.query.terminal"},
    "jinja2": {"eval.pages.render", "scripts.serve.pages.shell"},
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
    "fsspec": {"indexing.catalog.pictures", "indexing.files.content.sources", "indexing.storage.stores"},
    "cv2": {"indexing.encoders.pictures.points.model"},
    "ijson": {"indexing.files.records.json_records"},
    "python_calamine": {"indexing.files.sheets"},
    "charset_normalizer": {"indexing.files.content.encodings", "indexing.files.content.usual_characters"},
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


@dataclass(frozen=True)
class House:
    """The modules of the packages under `root`, as text: nothing of them is run."""

    root: Path
    packages: tuple[str, ...] = PACKAGES
    rooms: tuple[str, ...] = ROOMS

    @cached_property
    def modules(self) -> dict[str, Path]:
        found = (path for package in self.packages for path in sorted((self.root / package).rglob("*.py")))
        return {self._name(path): path for path in found}

    def _name(self, path: Path) -> str:
        parts = path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def sources(self) -> dict[str, str]:
        return {name: path.read_text(encoding="utf-8") for name, path in self.modules.items()}

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        return {name: ast.parse(source) for name, source in self.sources.items()}

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """What each module imports, wherever in it."""
        return {name: self.imported(ast.walk(tree)) for name, tree in self.trees.items()}

    @cached_property
    def at_import(self) -> dict[str, set[str]]:
        """What each module imports when it is imported itself."""
        return {name: self.imported(when_imported(tree.body)) for name, tree in self.trees.items()}

    def imported(self, nodes: Iterator[ast.AST]) -> set[str]:
        """The modules that statements import: `from a.b import c` imports a.b.c where that is a module, else a.b."""
        found: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= names & set(self.modules)
                if node.level or names - set(self.modules):
                    found.add("." * node.level + (node.module or ""))
        return found

    def ours(self, name: str) -> set[str]:
        return self.imports[name] & set(self.modules)

    def room_of(self, name: str) -> str | None:
        """The room that a module stands in; a package itself is none."""
        return next((room for room in self.rooms if name == room or name.startswith(room + ".")), None)


def when_imported(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes that run when a module is imported: not the bodies of functions, not what only type checkers see."""
    for statement in statements:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from when_imported(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement
            for body in ("body", "orelse", "finalbody", "handlers"):
                yield from when_imported(getattr(statement, body, []))


def homeless(house: House) -> set[str]:
    """Modules that stand in no room."""
    return {name for name in house.modules if name not in house.packages and house.room_of(name) is None}


def upward(house: House) -> set[tuple[str, str]]:
    """Imports of a room that stands above the importing one."""
    place = {room: number for number, room in enumerate(house.rooms)}
    pairs = ((name, other) for name in house.modules for other in house.ours(name))
    rooms = ((name, other, house.room_of(name), house.room_of(other)) for name, other in pairs)
    return {(name, other) for name, other, own, theirs in rooms if own and theirs and place[theirs] > place[own]}


def circles(house: House) -> set[str]:
    """Modules that reach themselves by imports, wherever these stand."""
    reached: dict[str, set[str]] = {name: set(house.ours(name)) for name in house.modules}
    while True:
        more = {name: found | {far for near in found for far in reached[near]} for name, found in reached.items()}
        if more == reached:
            return {name for name, found in reached.items() if name in found}
        reached = more


def doors(house: House) -> dict[str, set[str]]:
    """Of each room the modules that other rooms import, by their names within it."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in house.modules:
        for other in house.ours(name):
            room = house.room_of(other)
            if room is not None and room != other and house.room_of(name) != room:
                found[room].add(other.removeprefix(room + "."))
    return dict(found)


def names_in(house: House) -> dict[str, list[str]]:
    """The modules and sub-packages of each folder."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in house.modules.values():
        own = path.parent if path.name == "__init__.py" else path
        if own.parent != house.root:
            found[str(own.parent.relative_to(house.root))].append(own.stem)
    return dict(found)


def crowded(house: House, most: int) -> set[str]:
    """Folders that hold more names than they may."""
    return {folder for folder, names in names_in(house).items() if len(names) > most}


def shared_prefixes(house: House) -> set[tuple[str, str]]:
    """Folders with a prefix that three of their files share: it wants to be a folder."""
    found = set()
    for folder, names in names_in(house).items():
        counts = Counter(name.partition("_")[0] for name in names if "_" in name)
        found |= {(folder, prefix) for prefix, count in counts.items() if count > 2}
    return found


def classes_twice(house: House) -> dict[str, set[str]]:
    """Public classes whose name stands in two rooms."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, tree in house.trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(name)
    return {name: modules for name, modules in found.items() if len(modules) > 1}


def users_of(house: House, library: str) -> set[str]:
    """The modules that import a library, but for benchmarks."""
    found = {name for name, seen in house.imports.items() if library in {module.partition(".")[0] for module in seen}}
    return {name for name in found if not name.startswith(MEASURING)}


def keys_read(house: House) -> set[str]:
    """Modules that read a key of a manifest by string."""
    return {name for name, tree in house.trees.items() if any(map(_reads_a_key, ast.walk(tree)))}


def _reads_a_key(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        read, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        read, key = node.func.value, node.args[0]
    else:
        return False
    name = read.attr if isinstance(read, ast.Attribute) else read.id if isinstance(read, ast.Name) else ""
    return isinstance(key, ast.Constant) and isinstance(key.value, str) and name in ("made", "manifest", "report")


def stored_as(house: House, word: str) -> set[str]:
    """Modules that name a variable or a parameter so."""
    return {
        name
        for name, tree in house.trees.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == word and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.arg) and node.arg == word)
    }


HOUSE = House(ROOT)
MODULES, TREES, IMPORTS, AT_IMPORT = HOUSE.modules, HOUSE.trees, HOUSE.imports, HOUSE.at_import


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
    assert "indexing.encoders.by_spec" in IMPORTS["indexing.build.encoding"]
    assert "indexing.build.build_index" in IMPORTS["scripts.commands.build_index"]
    assert "indexing.build.build_index" not in AT_IMPORT["scripts.commands.build_index"]
    assert {f"scripts.commands.{name}" for name in ("build_index", "train.train", "evaluate")} <= COMMANDS


def test_every_module_stands_in_a_room():
    assert homeless(HOUSE) == set()
    assert [room for room in ROOMS if room not in MODULES] == []


def test_rooms_import_only_rooms_before_them():
    assert upward(HOUSE) == set()


def test_no_module_reaches_itself():
    assert circles(HOUSE) == set()


def test_rooms_are_entered_by_their_doors():
    assert doors(HOUSE) == DOORS


@pytest.mark.parametrize("room", DOORS)
def test_a_room_says_what_it_is_for_and_names_its_doors(room):
    text = ast.get_docstring(TREES[room])
    assert {door for door in DOORS[room] if f"`{door}`" not in text} == set()
    assert set(re.findall(r"`([\w.]+)`", text.rpartition("Its door")[2])) == DOORS[room]


def test_of_is_no_variable():
    assert stored_as(HOUSE, "of") == set()


def test_a_folder_holds_about_a_dozen_names():
    assert crowded(HOUSE, MOST_NAMES) == set(LARGER_FOLDERS)


def test_a_prefix_of_three_files_is_a_folder():
    assert shared_prefixes(HOUSE) == set()


def test_no_public_class_has_two_homes():
    assert classes_twice(HOUSE) == {}


def test_no_key_of_a_manifest_is_read_by_string():
    assert keys_read(HOUSE) == set()


def test_tests_repeat_the_rooms():
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    assert [folder for folder in folders if folder.name != "browser" and not (ROOT / folder).is_dir()] == []


def test_no_tool_passes_over_a_room():
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    passed = settings["tool:pytest"]["norecursedirs"].split()
    passed += tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["exclude"]
    passed += [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line[:1] != "/"]
    folders = {part for name in MODULES for part in name.split(".")}
    assert folders & set(passed) == set()


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_absolute(name):
    assert not {other for other in IMPORTS[name] if other.startswith(".")}


@pytest.mark.parametrize("name", MODULES)
def test_pythons_eval_is_not_hidden(name):
    found = [alias.name for node in ast.walk(TREES[name]) if isinstance(node, ast.Import) for alias in node.names]
    assert not [module for module in found if module.partition(".")[0] == "eval"]


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_by_its_owner_alone(library):
    assert users_of(HOUSE, library) == OWNERS[library]


def test_indexing_opens_pictures_in_few_modules():
    assert {name for name in users_of(HOUSE, "PIL") if name.startswith("indexing.")} == PICTURES


@pytest.mark.parametrize("name", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_a_package_holds_a_docstring_and_nothing_else(name):
    assert ast.get_docstring(TREES[name])
    assert len(TREES[name].body) == 1


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_a_name_a_docstring_and_one_concept(name):
    assert not NAMELESS & set(name.split("."))
    assert not set(name.rpartition(".")[2].split("_")) & NAMELESS
    assert ast.get_docstring(TREES[name])
    assert len(HOUSE.sources[name].splitlines()) <= MOST_LINES


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


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_names_its_options(name):
    """A mapping of options would hide where each of them acts."""
    functions = [node for node in TREES[name].body if isinstance(node, ast.FunctionDef)]
    assert [function.name for function in functions if function.decorator_list and function.args.kwarg] == []


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


class TestABrokenHouse:
    """Every rule, broken on purpose."""

    ROOMS = ("low.cellar", "low.hall", "high.attic")

    @pytest.fixture
    def build(self, tmp_path):
        def build(**modules):
            for name, source in modules.items():
                path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(source)
            return House(tmp_path, ("low", "high"), self.ROOMS)

        return build

    def test_a_module_outside_of_all_rooms_is_seen(self, build):
        assert homeless(build(low__cellar__coal="", low__shed="")) == {"low.shed"}

    def test_an_import_upward_is_seen_also_inside_a_function(self, build):
        house = build(low__cellar__coal="def f():\n    import low.hall.door", low__hall__door="import low.cellar.coal")
        assert upward(house) == {("low.cellar.coal", "low.hall.door")}

    def test_a_circle_is_seen(self, build):
        house = build(
            low__hall__a="from low.hall.b import x",
            low__hall__b="def f():\n    from low.hall import c",
            low__hall__c="import low.hall.a",
            low__hall__d="import low.hall.a",
        )
        assert circles(house) == {f"low.hall.{name}" for name in "abc"}

    def test_doors_are_what_other_rooms_import(self, build):
        house = build(
            low__cellar__coal="",
            low__cellar__deep__well="",
            low__cellar__shelf="import low.cellar.coal",
            low__hall__door="import low.cellar.deep.well, low.cellar.shelf",
        )
        assert doors(house) == {"low.cellar": {"deep.well", "shelf"}}

    def test_a_crowded_folder_is_seen(self, build):
        house = build(**{f"low__hall__m{number}": "" for number in range(4)}, low__hall__sub__x="")
        assert crowded(house, 4) == set()
        more = build(low__hall__m9="")
        assert crowded(more, 4) == {"low/hall"}

    def test_a_prefix_that_wants_to_be_a_folder_is_seen(self, build):
        house = build(low__hall__door_a="", low__hall__door_b="", low__cellar__door_c="")
        assert shared_prefixes(house) == set()
        assert shared_prefixes(build(low__hall__door_d="")) == {("low/hall", "door")}

    def test_a_class_with_two_homes_is_seen(self, build):
        house = build(
            low__hall__a="class Door: ...\nclass _Own: ...", high__attic__b="class Door: ...\nclass _Own: ..."
        )
        assert classes_twice(house) == {"Door": {"low.hall.a", "high.attic.b"}}

    def test_a_key_read_by_string_is_seen(self, build):
        house = build(
            low__hall__a="x.made['k']",
            low__hall__b="x.y.report.get('k')",
            low__hall__c="x.made.k",
            low__hall__d="x.index.manifest['k']",
            low__hall__e="made = x.manifest.made\nmade['k']",
        )
        assert keys_read(house) == {f"low.hall.{name}" for name in "abde"}

    def test_a_library_with_another_owner_is_seen(self, build):
        house = build(low__hall__a="def f():\n    import faiss.contrib", low__hall__b="import fais")
        assert users_of(house, "faiss") == {"low.hall.a"}

    def test_a_word_that_is_no_variable_is_seen(self, build):
        house = build(low__hall__a="of = 1", low__hall__b="def f(of): ...", low__hall__c="def of(x): ...")
        assert stored_as(house, "of") == {"low.hall.a", "low.hall.b"}
