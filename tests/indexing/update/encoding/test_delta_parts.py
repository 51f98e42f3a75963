"""An update whose new products workers encode is that of one process, file by file."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from flat_options import build_options
from tried_tasks import Deadly, Died, Troubled

from indexing.build.build_index import build_index
from indexing.build.parts.poison import DEADLY
from indexing.errors import Unfinished
from indexing.given import encoders
from indexing.product_index import open_index
from indexing.running.local import LocalRunner
from indexing.storage.artefact import MANIFEST
from indexing.update.encoding import delta_parts
from indexing.update.update_index import UpdateOptions, update_index


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Parts of twenty products."""
    for module in (encoders, delta_parts):
        monkeypatch.setattr(module, "GIVEN_ROWS", 20)


@pytest.fixture(scope="module")
def catalogue(sample, tmp_path_factory):
    """A file to build from, and one of changed and of new products, some of whose pictures are not there."""
    folder, table = tmp_path_factory.mktemp("given"), pq.read_table(sample / "products.parquet")
    pictures = [name and str(sample / name) for name in table["image"].to_pylist()]
    table = table.set_column(table.column_names.index("image"), "image", pa.array(pictures, pa.string()))
    pq.write_table(table[:200], folder / "built.parquet")
    titles = pa.array([title and f"{title} again" for title in table["title"][150:290].to_pylist()], pa.string())
    given = table[150:290].set_column(table.column_names.index("title"), "title", titles)
    missing = pa.array(
        [name and name.replace(".", ".gone.") if row % 40 == 3 else name for row, name in enumerate(pictures[150:290])]
    )
    given = given.set_column(given.column_names.index("image"), "image", missing.cast(pa.string()))
    assert pc.count(given["image"]).as_py() > 100
    pq.write_table(given, folder / "given.parquet")
    return folder


def files_of(index):
    return {
        str(file.relative_to(index.folder)): file.read_bytes()
        for file in sorted(index.folder.rglob("*"))
        if file.is_file() and file.name != MANIFEST
    }


def built(catalogue, folder):
    build_index([catalogue / "built.parquet"], folder, options=build_options(k=5))
    return folder


def updated(catalogue, folder, **given):
    return update_index(folder, [catalogue / "given.parquet"], options=UpdateOptions(max_rejects=1), **given)


@pytest.mark.parametrize("seed", [0, 1])
def test_parts_in_any_order_and_twice_give_the_same_files(catalogue, tmp_path, seed):
    told = []
    whole = updated(catalogue, built(catalogue, tmp_path / "whole"))
    parts = updated(
        catalogue, built(catalogue, tmp_path / "parts"), runner=Troubled(seed), progress=lambda *step: told.append(step)
    )
    ours, theirs = files_of(whole.index), files_of(parts.index)
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert parts.index.fingerprint == whole.index.fingerprint
    assert [vars(reject) for reject in parts.rejects] == [vars(reject) for reject in whole.rejects]
    assert len(list(parts.rejects)) >= 3
    assert ("encode text", 140, 140) in told
    assert sorted(file.name for file in tmp_path.iterdir() if not file.name.startswith(".")) == ["parts", "whole"]


def test_finished_parts_are_passed_over(catalogue, tmp_path, monkeypatch):
    encoded, most, work = [], 9, delta_parts.encode_given

    def until(task, view):
        if len(encoded) == most:
            raise Unfinished("the driver was stopped")
        encoded.append((view.encoder.view, task.number))
        return work(task, view)

    monkeypatch.setattr(delta_parts, "encode_given", until)
    folder = built(catalogue, tmp_path / "index")
    with pytest.raises(Unfinished):
        updated(catalogue, folder, runner=Troubled())
    before, most = set(encoded), 10**6
    encoded.clear()
    updated(catalogue, folder, runner=Troubled())
    assert before
    assert encoded
    assert not before & set(encoded)
    assert not list(tmp_path.glob("index.parts-*"))


def test_an_update_in_one_process_takes_away_what_one_in_parts_left(catalogue, tmp_path, monkeypatch):
    def stopped(task, view):
        raise Unfinished("the driver was stopped")

    monkeypatch.setattr(delta_parts, "encode_given", stopped)
    folder = built(catalogue, tmp_path / "index")
    with pytest.raises(Unfinished):
        updated(catalogue, folder, runner=Troubled())
    assert len(list(tmp_path.glob("index.parts-*"))) == 1
    updated(catalogue, folder)
    assert [file.name for file in tmp_path.iterdir()] == ["index"]


def test_pictures_that_are_there_when_it_goes_on_are_looked_at(catalogue, tmp_path, monkeypatch):
    """What a run that was cut short has set aside, since pictures were not there, is none of what is made of them."""
    work, pictures = delta_parts.encode_given, tmp_path / "pictures"
    table = pq.read_table(catalogue / "given.parquet")
    names = [name and name.replace(".gone.", ".") for name in table["image"].to_pylist()]
    moved = pa.array([name and str(pictures / Path(name).name) for name in names], pa.string())
    pq.write_table(table.set_column(table.column_names.index("image"), "image", moved), tmp_path / "given.parquet")

    def until(task, view):
        if view.encoder.view == "image" and task.number == 4:
            raise Unfinished("the driver was stopped")
        return work(task, view)

    whole, parts = (built(catalogue, tmp_path / name) for name in ("whole", "parts"))
    monkeypatch.setattr(delta_parts, "encode_given", until)
    with pytest.raises(Unfinished):
        updated(tmp_path, parts, runner=LocalRunner(apart=True))
    monkeypatch.setattr(delta_parts, "encode_given", work)
    pictures.mkdir()
    for name in filter(None, names):
        shutil.copy(name, pictures)
    updates = updated(tmp_path, whole), updated(tmp_path, parts, runner=LocalRunner(apart=True))
    assert files_of(updates[0].index) == files_of(updates[1].index)
    assert not [reject for reject in updates[1].rejects if reject.reason == "no such file"]


def test_processes_encode_the_same(catalogue, tmp_path, heroic, monkeypatch):
    monkeypatch.undo()
    for name, more in (("whole", ()), ("parts", ("--cluster", "local:1", "--task-timeout", 300))):
        result = heroic(
            "update", built(catalogue, tmp_path / name), catalogue / "given.parquet", "--max-rejects", 1, *more
        )
        assert result.exit_code == 0, result.output
    ours, theirs = (files_of(open_index(tmp_path / name)) for name in ("whole", "parts"))
    assert ours == theirs


@pytest.fixture
def poison(monkeypatch):
    """Two of the products that are given end the process that encodes them."""
    encode = encoders.GivenEncoder.encode

    def deadly(encoder, given, *more):
        if {"given-1", "given-2"} & set(map(str, given.ids.to_pylist())):
            raise Died
        return encode(encoder, given, *more)

    monkeypatch.setattr(encoders.GivenEncoder, "encode", deadly)


@pytest.fixture
def with_poison(catalogue, tmp_path):
    table = pq.read_table(catalogue / "given.parquet")
    names = table["id"].to_pylist()
    names[33], names[121] = "given-1", "given-2"
    pq.write_table(table.set_column(table.column_names.index("id"), "id", pa.array(names)), tmp_path / "given.parquet")
    return tmp_path


def test_products_that_end_their_process_are_found_and_set_aside(catalogue, with_poison, poison):
    done = updated(with_poison, built(catalogue, with_poison / "index"), runner=Deadly())
    assert {reject.id for reject in done.rejects if reject.reason == DEADLY} == {"given-1", "given-2"}
    rows = done.index.vectors("text")
    places = done.index.catalog.positions(pa.array(["given-1", "given-2"]).cast(done.index.catalog.ids.type))
    assert not rows.take(places).any()
    assert rows.take(places + 1).any()


def test_more_poison_than_may_be_set_aside_ends_the_update(catalogue, with_poison, poison):
    folder = built(catalogue, with_poison / "index")
    before = files_of(open_index(folder))
    with pytest.raises(Unfinished, match="2 products end the process that encodes them, --max-rejects allows fewer"):
        update_index(folder, [with_poison / "given.parquet"], options=UpdateOptions(max_rejects=0.01), runner=Deadly())
    assert files_of(open_index(folder)) == before
