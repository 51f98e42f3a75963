"""`heroic query`: one answer, or a prompt that answers lines."""

import json
import os
import signal
import time
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from PIL import Image
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, InMemoryHistory

from indexing.product_index import open_index
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from scripts.main import main

EVIL = "kettle [bold]steel[/bold] \x1b[31m KX-170"
PRODUCTS = {
    "id": ["k1", "k2", "k3", "t1", "t2", "7"],
    "title": ["kettle steel KX-170", EVIL, "kettle glass KX-150", "toaster two slots", "toaster four slots", None],
    "brand": ["Acme", "ACME", "Other", None, None, None],
    "category": ["Kettles", "Kettles", "Kettles", "Toasters", "Toasters", None],
    "source": ["a", "b", "a", "b", None, "a"],
    "price": [20.0, 20.0, 25.5, None, 30.0, 1.0],
    "attributes": ['{"Volume": "1.7 L", "Colour": "red"}', '{"volume": "1,7 l", "Colour": "grey"}', *[None] * 4],
    "image": ["red.png", "red.png", "blue.png", "green.png", None, "orange.png"],
}  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    from indexing.build.build_index import build_index
    from indexing.build.options import BuildOptions

    folder = tmp_path_factory.mktemp("shop")
    for colour in ("red", "blue", "green", "orange"):
        picture = Image.new("RGB", (64, 64), "white")
        picture.paste(colour, (16, 8, 48, 48))
        picture.save(folder / f"{colour}.png")
    pq.write_table(pa.table(PRODUCTS), folder / "products.parquet")
    build_index([folder / "products.parquet"], folder / "index", options=BuildOptions(k=3))
    return folder / "index"


@pytest.fixture
def query():
    """Run `heroic query` with these words, and lines for its stdin."""

    def run(*words, lines=()):
        given = "".join(f"{line}\n" for line in lines)
        runner = CliRunner(env={"COLUMNS": "140"})
        return runner.invoke(main, ["query", *map(str, words)], input=given, catch_exceptions=False)

    return run


@pytest.fixture
def ids():
    """The ids of a JSON answer."""
    return lambda result: [neighbour["id"] for neighbour in json.loads(result.stdout)["neighbours"]]


def test_a_product_shows_its_neighbours_with_every_view(query, index):
    result = query(index, "--id", "k1", "-k", 2)
    assert result.exit_code == 0
    head, names, first, _ = result.stdout.splitlines()
    assert head.rstrip() == "Neighbours of k1 · kettle steel KX-170 (fused view)"
    assert names.split() == ["#", "fused", "text", "image", "lexical", "title", "category", "source", "id"]
    assert first.split()[0] == "1"
    assert first.split()[-3:] == ["Kettles", "b", "k2"]


def test_a_title_cannot_paint_the_terminal(query, index):
    result = query(index, "--id", "k1", "-k", 1)
    assert "\x1b" not in result.stdout
    assert "kettle [bold]steel[/bold]" in result.stdout


def test_what_a_product_has_not_is_blank(query, index):
    row = query(index, "--text", "toaster four slots", "-k", 1).stdout.splitlines()[2]
    assert row.split() == ["1", "1.000", "1.000", "1.000", "toaster", "four", "slots", "Toasters", "t2"]


def test_json_holds_what_the_table_shows(query, index):
    document = json.loads(query(index, "--id", "k1", "-k", 5, "--json").stdout)
    assert document["query"] == {"id": "k1"}
    assert document["view"] == "fused"
    assert [neighbour["rank"] for neighbour in document["neighbours"]] == [1, 2, 3, 4, 5]
    first = document["neighbours"][0]
    assert (first["id"], first["title"], first["category"], first["source"]) == ("k2", EVIL, "Kettles", "b")
    assert first["image_cosine"] == pytest.approx(1)
    untitled = next(neighbour for neighbour in document["neighbours"] if neighbour["id"] == "7")
    assert untitled["title"] is None
    assert untitled["text_cosine"] is None
    assert untitled["category"] is None


@pytest.mark.parametrize(
    ("words", "view", "best"),
    [
        (["--text", "two slots"], "text", "t1"),
        (["--image", "blue.png"], "image", "k3"),
        (["--text", "kettle", "--image", "blue.png"], "fused", "k3"),
    ],
)
def test_text_and_picture_search_their_views(query, index, ids, words, view, best):
    words = [index.parent / word if word.endswith(".png") else word for word in words]
    result = query(index, *words, "--json")
    assert json.loads(result.stdout)["view"] == view
    assert ids(result)[0] == best


def test_a_category_is_exact(query, index, ids):
    result = query(index, "--id", "k1", "--category", "tOASTERS", "--json")
    assert set(ids(result)) == {"t1", "t2"}
    assert json.loads(result.stdout)["notes"] == ["no more than 2 products of category tOASTERS can be its neighbours"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--source", "B"), {"k2", "t1"}),
        (("--source", "a", "--source", "b"), {"k2", "k3", "t1", "7"}),
        (("--not-source", "a"), {"k2", "t1", "t2"}),
        (("--not-source", "a", "--not-source", "b"), {"t2"}),
        (("--source", "b", "--category", "kettles"), {"k2"}),
    ],
)
def test_sources_are_exact(query, index, ids, words, expected):
    result = query(index, "--id", "k1", *words, "--json")
    assert set(ids(result)) == expected
    asked = [name for option, name in zip(words[::2], words[1::2], strict=True) if option == "--source"]
    assert json.loads(result.stdout)["sources"] == asked


def test_an_unknown_source_is_refused(query, index):
    result = query(index, "--id", "k1", "--not-source", "c")
    assert result.exit_code == 2
    assert "source 'c' is not in the catalogue" in result.stderr


def test_a_query_with_nothing_to_see_says_so(query, index):
    result = query(index, "--text", "жщ")
    assert result.exit_code == 0
    assert "nothing found: there is nothing to see of it in the text view" in result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--id", "nobody"], "id 'nobody' is not in the catalogue"),
        (["--text", " "], "the text is empty"),
        (["--image", "gone.png"], "gone.png: no such picture file"),
        (["--id", "k1", "--category", "toster"], "did you mean 'Toasters'?"),
        (["--id", "k1", "--text", "x"], "--id is a query of its own"),
        (["--id", "k1", "-k", "0"], "0 is not in the range x>=1"),
        (["--json"], "--json prints one answer"),
        (["--id", "k1", "--model", "gone"], "gone: no such folder"),
        (["--category", "toster"], "did you mean 'Toasters'?"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(query, index, words, expected):
    result = query(index, *words)
    assert result.exit_code == 2
    assert expected in result.stderr.splitlines()[-1]
    assert not result.stdout


def test_an_index_without_pictures_says_how_to_build_it(query, index, tmp_path):
    from indexing.build.build_index import build_index
    from indexing.build.options import BuildOptions
    from indexing.encoders.options import EncodingOptions

    options = BuildOptions(encoding=EncodingOptions(image_encoder="none"))
    build_index([index.parent / "products.parquet"], tmp_path / "index", options=options)
    result = query(tmp_path / "index", "--image", index.parent / "red.png")
    assert result.exit_code == 2
    assert "this index has no image view" in result.stderr
    assert "build it with --image-encoder" in result.stderr
    assert "image" not in query(tmp_path / "index", "--id", "k1").stdout.splitlines()[1].split()


@pytest.mark.parametrize("width", [200, 100, 80])
def test_the_table_is_as_wide_as_the_terminal_and_shows_whole_ids(index, width):
    runner = CliRunner(env={"COLUMNS": str(width)})
    lines = runner.invoke(main, ["query", str(index), "--id", "t1"]).stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert lines[2].rstrip().endswith(("k1", "k2", "k3", "t2", "7"))


def test_a_title_has_room_beside_long_ids(tmp_path, heroic):
    title = "a steel kettle for one and a half litres"
    ids = [str(UUID(int=number)) for number in range(3)]
    others = {"category": ["Kettles and water heaters"] * 3, "source": ["a long seller's name"] * 3}
    pq.write_table(pa.table({"id": ids, "title": [title] * 3, **others}), tmp_path / "products.parquet")
    assert heroic("build-index", tmp_path / "products.parquet", "--out", tmp_path / "index").exit_code == 0
    result = CliRunner(env={"COLUMNS": "110"}).invoke(main, ["query", str(tmp_path / "index"), "--id", ids[0]])
    rows = [line.rstrip() for line in result.stdout.splitlines()[2:4]]
    assert [title in row for row in rows] == [True, True]
    assert {row.split()[-1] for row in rows} == set(ids[1:])


def test_in_a_pipe_long_ids_leave_a_title_its_room_and_nothing_is_dropped(sample, tmp_path, heroic, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    title, seller = "a steel kettle for one and a half litres", "a long seller's"
    ids = [str(UUID(int=number)) for number in range(3)]
    columns = {"category": ["Kettles and water"] * 3, "source": [seller] * 3, "image": [None] * 3}
    pq.write_table(pa.table({"id": ids, "title": [title] * 3, **columns}), tmp_path / "products.parquet")
    assert heroic("build-index", tmp_path / "products.parquet", "--out", tmp_path / "index").exit_code == 0
    rows = heroic("query", tmp_path / "index", "--id", ids[0]).stdout.splitlines()[2:4]
    assert all(title in row and seller in row and "Kettles and water" in row for row in rows)
    assert {row.split()[-1] for row in rows} == set(ids[1:])


@pytest.mark.parametrize("columns", ["0", "-1", "wide", "9" * 30])
def test_a_width_that_is_none_is_passed_over(heroic, index, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert heroic("query", index, "--id", "t1").exit_code == 0


def test_that_a_text_has_no_vector_is_said_only_where_that_decided(tmp_path, query, index):
    note = "a text has no vector in the text view"
    assert note not in query(index, "--text", "toaster", "--view", "lexical").stdout
    table = pa.table({"id": ["a", "b"], "title": ["toaster", "kettle"], "v": [[1.0, 0.0], [0.0, 1.0]]})
    pq.write_table(table, tmp_path / "products.parquet")
    own = tmp_path / "index"
    words = ["build-index", tmp_path / "products.parquet", "--out", own, "--text-encoder", "column:v"]
    assert CliRunner().invoke(main, [str(word) for word in words]).exit_code == 0
    assert note in query(own, "--text", "toaster").stdout


class TestModel:
    def test_neighbours_have_the_probability_that_the_model_gives(self, query, sample_index, sample_model):
        opened, model = open_index(sample_index), load_reranker(sample_model)
        product_id = opened.catalog.ids[0].as_py()
        document = json.loads(query(sample_index, "--id", product_id, "--model", sample_model, "--json").stdout)
        assert document["model"] == model.fingerprint
        right = opened.catalog.positions(pa.array([neighbour["id"] for neighbour in document["neighbours"]]))
        scorer = PairScorer.prepare(opened, model, pa.compute.unique(pa.array([0, *sorted(right)])).to_numpy())
        expected = scorer.probabilities(right * 0, right)
        assert [neighbour["probability"] for neighbour in document["neighbours"]] == pytest.approx(expected, abs=1e-6)

    def test_each_question_prepares_its_own_products(self, query, sample_index, sample_model, monkeypatch):
        prepared, prepare = [], PairScorer.prepare

        def counted(index, model, products, *rest, **more):
            prepared.append(len(products))
            return prepare(index, model, products, *rest, **more)

        monkeypatch.setattr(PairScorer, "prepare", counted)
        first, second = open_index(sample_index).catalog.ids.slice(0, 2).to_pylist()
        alone = query(sample_index, "--id", first, "--model", sample_model).stdout
        lines = query(sample_index, "--model", sample_model, lines=[first, second]).stdout
        assert prepared == [11, 11, 11]  # the product and its ten neighbours
        assert alone.strip() in lines

    @pytest.mark.parametrize(("least_s", "told"), [(0.0, True), (1e6, False)], ids=["long", "short"])
    def test_of_a_catalogue_that_takes_long_to_read_it_tells(
        self, query, sample_index, sample_model, monkeypatch, least_s, told
    ):
        monkeypatch.setattr("scripts.terminal.progress.PASSED_S", least_s)
        first = open_index(sample_index).catalog.ids[0].as_py()
        result = query(sample_index, "--id", first, "--model", sample_model)
        assert ("views whose neighbours are read" in result.stderr) is told

    def test_the_table_has_a_column_for_it(self, query, sample_index, sample_model):
        product_id = open_index(sample_index).catalog.ids[0].as_py()
        result = query(sample_index, "--id", product_id, "--model", sample_model)
        assert result.stdout.splitlines()[1].split()[1] == "probability"

    def test_a_text_has_none_and_a_line_says_why(self, query, sample_index, sample_model):
        document = json.loads(query(sample_index, "--text", "phone", "--model", sample_model, "--json").stdout)
        assert {neighbour["probability"] for neighbour in document["neighbours"]} == {None}
        assert document["notes"][0].startswith("no probability: the model scores pairs of the catalogue's products")

    def test_a_model_that_does_not_fit_the_index_is_refused(self, query, index, sample_model):
        result = query(index, "--id", "k1", "--model", sample_model)
        assert result.exit_code == 2
        assert "does not fit the model" in result.stderr

    def test_explain_gives_score_threshold_and_families(self, query, sample_index, sample_model):
        product_id = open_index(sample_index).catalog.ids[0].as_py()
        lines = query(sample_index, "--model", sample_model, lines=[product_id, ":explain 1"]).stdout.splitlines()
        verdict = next(line for line in lines if line.startswith("score"))
        assert "threshold" in verdict
        assert "match" in verdict
        after = lines[lines.index(verdict) + 1 :]
        assert [line.split(":")[0] for line in after if line.startswith(("for:", "against:"))] == ["for", "against"]
        after = after[next(place for place, line in enumerate(after) if line.split()[:2] == ["features", "add"]) :]
        assert any("neighbours" in line and " = " in line for line in after)


class TestPrompt:
    def test_an_id_wins_then_a_picture_else_it_is_a_text(self, query, index):
        lines = ["7", str(index.parent / "blue.png"), f"'{index.parent / 'blue.png'}'", "toaster two", "gone.png"]
        result = query(index, "-k", 1, lines=lines)
        assert result.exit_code == 0
        heads = [line.rstrip() for line in result.stdout.splitlines() if line.startswith("Neighbours")]
        assert heads[0] == "Neighbours of 7 (fused view)"
        assert heads[1].endswith("blue.png (image view)")
        assert heads[2] == heads[1]
        assert heads[3] == "Neighbours of “toaster two” (text view)"
        assert heads[4] == "Neighbours of “gone.png” (text view)"

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("k9", True),
            ("K1", False),  # ids of this catalogue have no capitals
            ("kettle", False),
            ("kettle k9", False),
            ("9", True),
            ("99999999", False),
            (":text k9", False),
        ],
    )
    def test_what_looks_like_an_id_and_is_none_is_said_to_be_searched_as_a_text(self, query, index, line, said):
        out = query(index, "-k", 1, lines=[line]).stdout.splitlines()
        note = f"no product has the id {line!r}, it is searched for as a text"
        assert (out[0] == note) == said
        assert out[int(said)].startswith("Neighbours of “")

    def test_zeros_that_an_id_has_lost_are_named(self, query, heroic, tmp_path):
        (tmp_path / "zeros.csv").write_text("id,title\n007,toaster\n012,kettle\n")
        heroic("build-index", tmp_path / "zeros.csv", "--out", tmp_path / "zeros")
        out = query(tmp_path / "zeros", "-k", 1, lines=["7"]).stdout
        assert out.startswith(
            "no product has the id '7', it is searched for as a text (the catalogue has '007': zeros in"
        )

    def test_a_kind_can_be_forced(self, query, index):
        result = query(index, lines=[":text k1", ":id k1", f":image {index.parent / 'red.png'}"])
        heads = [line.rstrip() for line in result.stdout.splitlines() if line.startswith("Neighbours")]
        assert heads[0] == "Neighbours of “k1” (text view)"
        assert heads[1] == "Neighbours of k1 · kettle steel KX-170 (fused view)"
        assert heads[2].endswith("red.png (image view)")

    def test_category_and_k_hold_until_they_are_changed(self, query, index):
        lines = [":category toasters", ":k 1", "k1", ":category", ":k 3", "k1"]
        out = [line.rstrip() for line in query(index, lines=lines).stdout.splitlines()]
        assert out[:3] == [
            "category toasters: 2 products",
            "k 1",
            "Neighbours of k1 · kettle steel KX-170 (fused view, category toasters)",
        ]
        assert out[4].split()[-2] in ("Toasters", "b")
        assert out[5:8] == ["all products", "k 3", "Neighbours of k1 · kettle steel KX-170 (fused view)"]
        assert len(out) == 12

    def test_sources_are_added_until_all_are_wanted_again(self, query, index):
        lines = [":source a", ":source B", ":not-source b", "k1", ":source", ":not-source", ":source zzz"]
        result = query(index, lines=lines)
        out = [line.rstrip() for line in result.stdout.splitlines()]
        assert out[:3] == [
            "source a: 3 products",
            "source a or B: 5 products",
            "source a or B, not source b: 3 products",
        ]
        assert out[3].endswith("(fused view, source a or B, not source b)")
        assert out[-2:] == ["not source b: 4 products", "all products"]
        assert "source 'zzz' is not in the catalogue" in result.stderr

    def test_explain_shows_what_agrees_and_what_does_not(self, query, index):
        out = [" ".join(line.split()) for line in query(index, lines=["k1", ":explain 1"]).stdout.splitlines()]
        assert "brand Acme = ACME" in out
        assert "price 20.00 = 20.00" in out
        assert "Volume 1.7 L = 1,7 l" in out
        assert "Colour red ≠ grey" in out
        assert any(line.startswith("fused ") and line.endswith(" 1 1") for line in out)
        assert "for a probability and its reasons give a --model" in out

    def test_explain_of_a_text_shows_the_neighbour(self, query, index):
        result = query(index, lines=["kettle glass", ":explain 1"])
        assert result.exit_code == 0
        assert "kettle glass KX-150" in result.stdout

    def test_a_neighbour_beyond_the_kept_ones_has_no_rank(self, query, index):
        assert "beyond 3" in query(index, "-k", 5, lines=["k1", ":explain 5"]).stdout

    def test_what_is_wrong_is_one_line_and_the_prompt_goes_on(self, query, index):
        bad = [":explain 1", ":id nobody", ":image gone.png", ":category zzz", ":k 0", ":k many", ":exlpain 1",
               ":wat", ":", ":text", ":explain", "x" * 5000 + ".png", "a\0.png"]  # fmt: skip
        result = query(index, lines=[*bad[:-2], "k1"])
        assert result.exit_code == 0
        errors = result.stderr.splitlines()
        assert len(errors) == len(bad) - 2
        assert all(line.startswith("heroic: ") for line in errors)
        assert "did you mean :explain?" in errors[6]
        assert "Neighbours of k1" in result.stdout
        assert query(index, lines=bad[-2:]).exit_code == 0

    def test_empty_lines_say_nothing_and_quit_leaves(self, query, index):
        result = query(index, lines=["", "  ", ":quit", "k1"])
        assert result.exit_code == 0
        assert not result.stdout
        assert not result.stderr

    def test_no_lines_at_all_are_no_error(self, query, index):
        assert query(index).exit_code == 0

    def test_help_names_every_command(self, query, index):
        out = query(index, lines=[":help"]).stdout
        assert all(name in out for name in (":id", ":text", ":image", ":category", ":k", ":explain", ":help", ":quit"))

    def test_bytes_that_are_no_text_do_not_end_it(self, index):
        result = CliRunner().invoke(main, ["query", str(index)], input=b"\xff\xfe kettle\nk1\n", catch_exceptions=False)
        assert result.exit_code == 0
        assert "Neighbours of k1" in result.stdout


class TestTerminal:
    @pytest.fixture
    def prompt(self, index):
        from reranking.answers.session import Session
        from scripts.commands.query.prompt import Prompt

        return Prompt(Session(open_index(index)), 10)

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (":ca", [":category "]),
            (":category ket", ["Kettles"]),
            (":category ", ["Kettles", "Toasters"]),
            (":source ", ["a", "b"]),
            (":not-source b", ["b"]),
            ("k", ["k1", "k2", "k3"]),
            (":id t", ["t1", "t2"]),
            (":q", [":quit"]),
            ("kettle st", []),
            ("", []),
        ],
    )
    def test_commands_categories_and_ids_are_completed(self, prompt, line, expected):
        from scripts.commands.query.terminal import LineCompleter

        found = LineCompleter(prompt).get_completions(Document(line, len(line)), CompleteEvent())
        assert [completion.text for completion in found] == expected

    def test_paths_of_pictures_are_completed(self, prompt, index):
        from scripts.commands.query.terminal import LineCompleter

        for line in (f":image {index.parent}/", f"{index.parent}/"):
            found = LineCompleter(prompt).get_completions(Document(line, len(line)), CompleteEvent())
            names = {completion.display_text.rstrip("/") for completion in found}
            assert {"red.png", "blue.png"} <= names
            assert "products.parquet" not in names

    def test_the_bar_says_where_one_is(self, prompt):
        from scripts.commands.query.terminal import toolbar

        prompt.answer(":k 4")
        prompt.answer(":category Kettles")
        text = toolbar(prompt)[0][1]
        assert "index · 6 products" in text
        assert "category Kettles · k 4" in text

    def test_lines_are_remembered_in_the_state_folder(self, tmp_path, monkeypatch):
        from scripts.commands.query.terminal import open_history

        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        history = open_history()
        assert isinstance(history, FileHistory)
        history.append_string("k1")
        assert "k1" in (tmp_path / "state" / "heroic" / "history").read_text()

    def test_without_a_place_to_write_they_are_remembered_until_the_end(self, tmp_path, monkeypatch):
        from scripts.commands.query.terminal import open_history

        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
        assert isinstance(open_history(), InMemoryHistory)

    def test_ctrl_c_clears_the_line_and_ctrl_d_leaves(self, prompt, tmp_path, monkeypatch):
        from prompt_toolkit.application import create_app_session
        from prompt_toolkit.input import create_pipe_input
        from prompt_toolkit.output import DummyOutput

        from scripts.commands.query.terminal import typed_lines

        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            keys.send_text("k1\rnot this\x03k2\r\x04")
            assert list(typed_lines(prompt)) == ["k1", "k2"]

    def test_ctrl_c_ends_the_answer_not_the_prompt(self, prompt, monkeypatch, capsys):
        from scripts.commands.query.query import answer_until_left

        def interrupted(*given):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(prompt.session, "ask", interrupted)
            answer_until_left(prompt, iter(["k1"]))
        answer_until_left(prompt, iter(["k2", ":quit", "k3"]))
        shown = capsys.readouterr()
        assert shown.err == "interrupted\n"
        assert "Neighbours of k2" in shown.out
        assert "Neighbours of k3" not in shown.out

    def test_ctrl_c_ends_each_answer_however_soon_it_comes_again(self, prompt, monkeypatch, capsys):
        from scripts.commands.query.query import answer_until_left
        from scripts.terminal.interrupts import watched

        def pressed(*given):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

        monkeypatch.setattr(prompt.session, "ask", pressed)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with watched():
                answer_until_left(prompt, iter(["k1", "k2"]))
        finally:
            signal.signal(signal.SIGINT, before)
        assert capsys.readouterr().err == "interrupted\n" * 2

    def test_whoever_stops_the_command_ends_the_prompt_too(self, prompt, tmp_path, monkeypatch):
        from scripts.commands.query import terminal
        from scripts.commands.query.query import answer_until_left
        from scripts.terminal.interrupts import Stopped

        def stopped(*given):
            raise Stopped

        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        monkeypatch.setattr(terminal.PromptSession, "prompt", stopped)
        with pytest.raises(Stopped):
            next(terminal.typed_lines(prompt))
        monkeypatch.setattr(prompt.session, "ask", stopped)
        with pytest.raises(Stopped):
            answer_until_left(prompt, iter(["k1", "k2"]))
