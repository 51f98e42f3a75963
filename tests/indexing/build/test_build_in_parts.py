"""An index that workers build in parts is that of one process, file by file."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import build_options, changed
from tried_tasks import Deadly, Died, Troubled

from indexing.build import encode_view, joining
from indexing.build.build_index import build_index
from indexing.build.parts import content_tasks, encode_parts, encoding_tasks, engine_parts, ngram_parts, ngram_tasks
from indexing.build.reuse import holds_model_vectors
from indexing.encoders import by_spec
from indexing.errors import Unfinished
from indexing.join import dense_join, plan, probing_plan, self_join, tiles
from indexing.join.parts import parts_planner, place_tasks, search_parts, unit_parts, window_parts
from indexing.product_index import open_index
from indexing.running import equal_keys, stages
from indexing.running.local import HERE
from indexing.running.parts import parts_for, put_array
from indexing.search import faiss_index
from indexing.storage.artefact import MANIFEST
from indexing.vectors import ngrams


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Windows, tiles and blocks so small that a few hundred products make many of them."""
    for module in (plan, dense_join, tiles):
        monkeypatch.setattr(module, "STRIPE_ROWS", 32)
    for module in (plan, probing_plan, dense_join, tiles):
        monkeypatch.setattr(module, "TILE_COLUMNS", 96)
    monkeypatch.setattr(window_parts, "WINDOWS", 5)
    monkeypatch.setattr(window_parts, "WINDOW_COSINES", 1)
    monkeypatch.setattr(equal_keys, "BUCKET_ROWS", 150)
    for module, name in ((unit_parts, "HASHED_ROWS"), (place_tasks, "PIVOT_ROWS"), (place_tasks, "PROBING_ROWS")):
        monkeypatch.setattr(module, name, 60)
    for module, name in ((plan, "PIVOT_ROWS"), (probing_plan, "PROBING_ROWS")):
        monkeypatch.setattr(module, name, 60)
    for name in ("PIVOT_ROWS", "PROBING_ROWS"):
        monkeypatch.setattr(parts_planner, name, 60)
    monkeypatch.setattr(stages, "RANGES", 5)
    monkeypatch.setattr(content_tasks, "HASHED_ROWS", 60)
    for module in (faiss_index, engine_parts):
        monkeypatch.setattr(module, "ADD_ROWS", 100)
    for module in (ngram_parts, ngram_tasks, ngrams):
        monkeypatch.setattr(module, "BLOCK_TEXTS", 50)
    for module in (encode_view, encode_parts):
        monkeypatch.setattr(module, "SHARD_ROWS", 64)
    monkeypatch.setattr(by_spec, "PART_ROWS", 8)
    monkeypatch.setattr(encoding_tasks, "TASK_PARTS", 2)
    for module in (self_join, search_parts):
        monkeypatch.setattr(module, "BLOCK_ROWS", 50)


def files_of(folder):
    """The content of every file but the manifest, which has a date."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(Path(folder).rglob("*"))
        if file.is_file() and file.name != MANIFEST
    }


def assert_same_files(one, other):
    ours, theirs = files_of(one), files_of(other)
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert open_index(one).made == open_index(other).made
    assert open_index(one).fingerprint == open_index(other).fingerprint


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """700 products in categories and sources, with vectors of their own and texts that repeat."""
    generator, file = np.random.default_rng(0), tmp_path_factory.mktemp("made") / "products.parquet"
    centres = generator.normal(size=(20, 8))
    rows = centres[np.arange(700) % 20] + 0.3 * generator.normal(size=(700, 8))
    titles = [f"kettle kx-{number % 400} {number % 7}l" if number % 31 else None for number in range(700)]
    columns = {
        "id": range(700),
        "title": titles,
        "v": list(rows.astype(np.float32)),
        "source": [f"s{n % 9}" for n in range(700)],
        "category": [f"a/b/c{n % 20 // 4}" if n % 37 else None for n in range(700)],
    }
    pq.write_table(pa.table(columns), file)
    return file


@pytest.mark.parametrize("across", [False, True], ids=["anywhere", "across sources"])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"index": "IVF8,Flat", "recall": 0.8},
        {"index": "HNSW8", "recall": 0.8},
        {"index": "IVF8,SQ8", "recall": 0.8, "join": "engine"},
        {"index": "Flat", "join": "engine"},
        {"join": "category", "recall": 0.6},
        {"index": "IVF8,PQ4x4", "recall": 0.1},
    ],
    ids=str,
)
def test_an_index_in_parts_is_that_of_one_process(tmp_path, catalogue, given, across):
    options = build_options(k=5, text_encoder="column:v", match_across_sources=across, **given)
    build_index([catalogue], tmp_path / "whole", options=options)
    build_index([catalogue], tmp_path / "parts", options=options, runner=Troubled(1))
    assert_same_files(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize("seen", [0, 1, 2])
def test_few_products_with_anything_to_see_are_joined_in_parts(tmp_path, seen):
    rows = np.zeros((90, 4), dtype=np.float32)
    rows[:seen, 0] = 1
    file = tmp_path / "products.parquet"
    pq.write_table(pa.table({"id": range(90), "title": ["kettle"] * 90, "v": list(rows)}), file)
    options = build_options(k=5, text_encoder="column:v")
    build_index([file], tmp_path / "whole", options=options)
    build_index([file], tmp_path / "parts", options=options, runner=Troubled(1))
    assert_same_files(tmp_path / "whole", tmp_path / "parts")


def test_the_samples_index_in_parts_is_that_of_one_process(tmp_path, pictured):
    """Several pictures a product, some that cannot be read, texts and pictures that repeat."""
    told, options = [], build_options(k=20, max_rejects=1)
    whole = build_index([pictured], tmp_path / "whole", options=options)
    parts = build_index(
        [pictured], tmp_path / "parts", options=options, runner=Troubled(2), progress=lambda *step: told.append(step)
    )
    assert_same_files(tmp_path / "whole", tmp_path / "parts")
    assert len(list(whole.rejects)) > 2
    assert parts.looked_at == whole.looked_at
    assert {stage: (done, total) for stage, done, total in told}["encode image"] == (325, 325)


@pytest.fixture
def pictured(sample, tmp_path):
    """The sample, with pictures that are not there or are none, the same ones again at the end."""
    table = pq.read_table(sample / "products.parquet").to_pandas()
    table["image"] = [str(sample / name) if isinstance(name, str) else None for name in table["image"]]
    (tmp_path / "none.png").write_bytes(b"no picture")
    for row, name in ((3, "gone.png"), (70, "none.png"), (200, "none.png")):
        table.loc[row, "image"] = str(tmp_path / name)
    more = table[:5].assign(id=[f"again {number}" for number in range(5)])
    pd.concat([table, more], ignore_index=True).to_parquet(tmp_path / "products.parquet")
    return tmp_path / "products.parquet"


@pytest.mark.parametrize("engine", ["lsa", "st", "static"])
def test_texts_encoded_in_parts_have_the_same_vectors(tmp_path, catalogue, tiny_text_model, engine):
    text = engine if engine == "lsa" else f"{engine}:{tiny_text_model}"
    options = build_options(k=5, text_encoder=text, text_fields=("title",))
    whole = build_index([catalogue], tmp_path / "whole", options=options)
    parts = build_index([catalogue], tmp_path / "parts", options=options, runner=Troubled(3))
    assert_same_files(tmp_path / "whole", tmp_path / "parts")
    assert parts.looked_at == whole.looked_at


def test_an_index_is_extended_and_built_again_in_parts(tmp_path, catalogue):
    """What an older index has is taken over; what nothing has changed in is not encoded."""
    first = build_options(k=5, text_fields=("title",))
    build_index([catalogue], tmp_path / "index", options=first, runner=Troubled())
    assert build_index([catalogue], tmp_path / "index", options=first, runner=Troubled()).reused == ["text"]
    fewer = tmp_path / "fewer.parquet"
    pq.write_table(pq.read_table(catalogue)[:500], fewer)
    extended = build_index([fewer], tmp_path / "index", options=changed(first, extend=True), runner=Troubled())
    assert extended.looked_at["text"] < 100


@pytest.mark.parametrize("stopped", ["hash_contents", "first_range", "encode_range", "finish_shard", "search_range"])
def test_a_build_that_was_stopped_goes_on_with_the_other_parts(tmp_path, catalogue, monkeypatch, stopped):
    options, done, most = build_options(k=5, text_fields=("title",), index="HNSW8", recall=0.5, lexical=False), [], 3
    module = next(one for one in (content_tasks, encode_parts, search_parts) if hasattr(one, stopped))
    work = getattr(module, stopped)

    def until(task, view):
        if len(done) == most:
            raise Unfinished("the driver was stopped")
        done.append(task.number)
        return work(task, view)

    monkeypatch.setattr(search_parts, "TASK_BLOCKS", 1)
    monkeypatch.setattr(module, stopped, until)
    with pytest.raises(Unfinished):
        build_index([catalogue], tmp_path / "parts", options=options, runner=Troubled())
    before, most = set(done), 10**6
    done.clear()
    build_index([catalogue], tmp_path / "parts", options=options, runner=Troubled())
    assert before
    assert not before & set(done)
    build_index([catalogue], tmp_path / "whole", options=options)
    assert_same_files(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize("where", ["engines/text.faiss", "engines/image.faiss", "lexical", "neighbours/text"])
@pytest.mark.parametrize("runner", [HERE, Troubled()], ids=["one process", "parts"])
def test_parts_of_a_build_that_was_killed_are_not_in_the_index(tmp_path, catalogue, monkeypatch, where, runner):
    options = build_options(k=5, text_encoder="column:v")
    with monkeypatch.context() as patch:
        patch.setattr(joining.ViewJoining, "_remove_leftovers", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            build_index([catalogue], tmp_path / "parts", options=options)
    parts = parts_for(tmp_path / "parts.partial" / where, "of other options")
    parts.make()
    put_array(parts, "some.npy", np.zeros(3))
    build_index([catalogue], tmp_path / "parts", options=options, runner=runner)
    build_index([catalogue], tmp_path / "whole", options=options)
    assert_same_files(tmp_path / "whole", tmp_path / "parts")


def test_a_build_that_was_killed_goes_on_after_one_of_another_catalogue(tmp_path, catalogue, monkeypatch):
    """Its parts are there still, what stood beside its vectors is not."""
    other, options = tmp_path / "other.parquet", build_options(k=5, text_fields=("title",))
    pq.write_table(pq.read_table(catalogue)[100:], other)
    with monkeypatch.context() as patch:
        patch.setattr(encode_parts, "finish_shard", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        for products in (catalogue, other):
            with pytest.raises(KeyboardInterrupt):
                build_index([products], tmp_path / "parts", options=options, runner=Troubled())
    build_index([catalogue], tmp_path / "parts", options=options, runner=Troubled())
    build_index([catalogue], tmp_path / "whole", options=options)
    assert_same_files(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize(("spec", "kept"), [("static:potion", True), ("lsa", False)])
def test_parts_that_a_model_encoded_are_worth_going_on_with_after_an_error(tmp_path, spec, kept):
    view, parts = tmp_path / "vectors" / "text", parts_for(tmp_path / "vectors", "a1")
    view.mkdir(parents=True)
    parts.make()
    (view / "made.json").write_text(json.dumps({"spec": spec}), encoding="utf-8")
    assert not holds_model_vectors(tmp_path)
    put_array(parts, encoding_tasks.rows_name(0), np.zeros((1, 2)))
    assert holds_model_vectors(tmp_path) == kept


def test_one_process_ends_what_was_begun_in_parts(tmp_path, catalogue, monkeypatch):
    options = build_options(k=5, text_fields=("title",))
    with monkeypatch.context() as patch:
        patch.setattr(encode_parts, "finish_shard", lambda *_: (_ for _ in ()).throw(Unfinished("stopped")))
        with pytest.raises(Unfinished):
            build_index([catalogue], tmp_path / "parts", options=options, runner=Troubled())
    build_index([catalogue], tmp_path / "parts", options=options)
    build_index([catalogue], tmp_path / "whole", options=options)
    assert_same_files(tmp_path / "whole", tmp_path / "parts")


def test_parts_of_an_engine_that_is_not_wanted_any_more_go_away(tmp_path, catalogue, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(engine_parts, "fill_range", lambda *_: (_ for _ in ()).throw(Unfinished("stopped")))
        options = build_options(k=5, text_encoder="column:v", index="IVF8,Flat", recall=0.5)
        with pytest.raises(Unfinished):
            build_index([catalogue], tmp_path / "index", options=options, runner=Troubled())
    assert len(list(tmp_path.glob("index.partial/engines/text.faiss.parts-*"))) == 1
    (tmp_path / "index.partial" / "engines" / "image.faiss.parts-1").mkdir()
    options = build_options(k=5, text_encoder="column:v", index="Flat")
    build_index([catalogue], tmp_path / "index", options=options, runner=Troubled())
    assert [file.name for file in (tmp_path / "index" / "engines").iterdir()] == ["text.faiss"]


def test_processes_build_the_same_index(tmp_path, heroic, pictured, monkeypatch):
    """Which begin with the room's own sizes: one part each, and all that is sent to them has to be."""
    monkeypatch.undo()
    words = ("build-index", pictured, "-k", 20, "--max-rejects", 1)
    assert heroic(*words, "--out", tmp_path / "whole").exit_code == 0
    assert heroic(*words, "--out", tmp_path / "parts", "--cluster", "local:2", "--task-timeout", 300).exit_code == 0
    assert_same_files(tmp_path / "whole", tmp_path / "parts")


@pytest.fixture
def poison(monkeypatch):
    """Three products, and what repeats one of them, end the process that encodes them."""
    look = encoding_tasks.OpenEncoding.look

    def deadly(view, rows, here, chosen):
        going = here[chosen & ~np.isin(view.first[here], view.poison)]
        if np.isin(view.first[going], [40, 41, 300]).any():
            raise Died
        return look(view, rows, here, chosen)

    monkeypatch.setattr(encoding_tasks.OpenEncoding, "look", deadly)


def test_products_that_end_their_process_are_found_and_set_aside(tmp_path, catalogue, poison):
    options = build_options(k=5, text_fields=("title",), max_rejects=0.01)
    built = build_index([catalogue], tmp_path / "parts", options=options, runner=Deadly())
    rows = built.index.vectors("text")
    lost = [reject.id for reject in built.rejects if reject.reason == encoding_tasks.DEADLY]
    assert {"40", "41", "300"} <= set(lost)
    assert not rows.take(np.array([40, 41, 300])).any()
    assert rows.take(np.array([39, 42, 299, 301])).any(axis=1).all()
    assert list((tmp_path).glob("parts/*.parts-*")) == []


def test_more_poison_than_may_be_set_aside_ends_the_build(tmp_path, catalogue, poison):
    options = build_options(k=5, text_fields=("title",), max_rejects=0.002)
    with pytest.raises(Unfinished, match="3 products end the process that encodes them, --max-rejects allows fewer"):
        build_index([catalogue], tmp_path / "parts", options=options, runner=Deadly())


def test_what_repeats_poison_counts_as_poison_does(tmp_path, catalogue, poison):
    """Ten products of one content are ten that are set aside, though one alone is looked at."""
    table = pq.read_table(catalogue)
    titles = table["title"].to_pylist()
    for number in range(500, 510):
        titles[number] = titles[40]
    pq.write_table(table.set_column(1, "title", pa.array(titles)), tmp_path / "products.parquet")
    options = build_options(k=5, text_fields=("title",), max_rejects=0.017)
    with pytest.raises(Unfinished, match="13 products end the process that encodes them, --max-rejects allows fewer"):
        build_index([tmp_path / "products.parquet"], tmp_path / "parts", options=options, runner=Deadly())
    options = changed(options, max_rejects=0.02)
    built = build_index([tmp_path / "products.parquet"], tmp_path / "parts", options=options, runner=Deadly())
    lost = {reject.id for reject in built.rejects if reject.reason == encoding_tasks.DEADLY}
    assert {"40", "41", "300", *map(str, range(500, 510))} <= lost


def test_poison_of_a_run_before_counts_where_fewer_may_be_set_aside(tmp_path, catalogue, poison, monkeypatch):
    options = build_options(k=5, text_fields=("title",), max_rejects=0.01)
    with monkeypatch.context() as patch:
        patch.setattr(encode_parts, "finish_shard", lambda *_: (_ for _ in ()).throw(Unfinished("stopped")))
        with pytest.raises(Unfinished, match="stopped"):
            build_index([catalogue], tmp_path / "parts", options=options, runner=Deadly())
    fewer = changed(options, max_rejects=0.0)
    with pytest.raises(Unfinished, match="3 products end the process that encodes them, --max-rejects allows fewer"):
        build_index([catalogue], tmp_path / "parts", options=fewer, runner=Deadly())
    built = build_index([catalogue], tmp_path / "parts", options=options, runner=Deadly())
    assert "40" in [reject.id for reject in built.rejects]


def test_a_part_that_is_lost_by_chance_is_told(tmp_path, catalogue, monkeypatch):
    """What is lost whole, but not in halves, was no product's fault."""

    def lost(task, view):
        raise Died

    monkeypatch.setattr(encode_parts, "encode_range", lost)
    options = build_options(k=5, text_fields=("title",))
    with pytest.raises(Unfinished, match=r"part 0 \(products 0 to 63\) was tried 3 times.*its process died there"):
        build_index([catalogue], tmp_path / "parts", options=options, runner=Deadly())
