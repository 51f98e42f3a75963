"""A newer version is taken up while requests are answered, none of which fails; one that cannot be opened is not."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from served import add_product, product, served

from indexing.errors import InputError
from indexing.product_index import open_index
from scripts.serve.engine.current import FIRST_RETRY_S, Current
from scripts.serve.engine.served import Sources, open_sources


def test_a_folder_that_is_none_cannot_be_served(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Current(Sources(tmp_path / "nothing"))


def test_a_model_that_does_not_fit_cannot_be_served(own_index, sample_model, sample, tmp_path, heroic):
    assert heroic("build-index", sample / "products.parquet", "--out", tmp_path / "other", "-k", "5").exit_code == 0
    with pytest.raises(InputError, match="it keeps 5 neighbours"):
        Current(Sources(tmp_path / "other", sample_model))


def test_it_tells_what_it_does_before_it_serves(own_index, sample_model):
    told = []
    Current(Sources(own_index, sample_model), progress=lambda *given: told.append(given))
    rivals, views = [one for one in told if one[0] == "rivals"], [one for one in told if one[0] != "rivals"]
    assert rivals[-1][1] == rivals[-1][2] > 0
    lasting = [(f"open {view}", done, 320) for view in ("text", "image", "fused", "lexical") for done in (0, 320)]
    loaded = [(f"load {view} encoder", done, 1) for view in ("text", "image") for done in (0, 1)]
    assert views == lasting + loaded


def test_it_tells_the_log_what_it_does_for_a_newer_version(own_index, sample_model, sample, tmp_path, caplog):
    current = Current(Sources(own_index, sample_model))
    add_product(own_index, sample, "NEW1", tmp_path)
    with caplog.at_level("INFO", "heroic.serve"):
        assert current.look()
    assert "newer version: open text, 0 of about 321" in caplog.messages


def test_what_has_not_changed_is_not_opened_again(own_index):
    current = Current(Sources(own_index))
    opened = current.opened
    assert not current.look()
    assert current.opened is opened


def test_an_updated_index_is_taken_up_and_the_old_one_answers_on(own_index, sample_model, sample, tmp_path):
    current = Current(Sources(own_index, sample_model))
    before = current.opened
    add_product(own_index, sample, "NEW1", tmp_path)
    assert current.look()
    after = current.opened
    assert (current.taken, current.refused) == (1, None)
    assert len(after.index.catalog) == len(before.index.catalog) + 1
    fresh = open_index(own_index)
    assert after.index.fingerprint == fresh.fingerprint
    for view in before.index.views:  # files of the old version that nobody had read yet
        assert len(before.index.kept_neighbours(view)) == len(before.index.catalog)


def test_a_version_that_cannot_be_opened_is_said_once_and_the_current_one_stays(own_index, caplog):
    current = Current(Sources(own_index))
    before = current.opened
    damaged = shutil.copytree(own_index, own_index.parent / "damaged")
    (damaged / "catalog.arrow").write_bytes(b"nothing")
    own_index.rename(own_index.parent / "old")
    assert not current.look()  # there is nothing: somebody is replacing it
    assert current.refused is None
    damaged.rename(own_index)
    assert not current.look()
    assert not current.look()
    assert current.opened is before
    assert "catalog.arrow" in current.refused
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    shutil.rmtree(own_index)
    (own_index.parent / "old").rename(own_index)
    assert current.look()
    assert current.refused is None


@pytest.fixture
def failing(own_index, sample, tmp_path, monkeypatch):
    """A server's version, a newer one that fails to open as `errors` say, one after another, and the clock."""
    now = [0.0]
    current = Current(Sources(own_index), clock=lambda: now[0])
    add_product(own_index, sample, "NEW", tmp_path)
    errors = []

    def opening(sources, **how):
        if errors:
            raise errors.pop(0)
        return open_sources(sources)

    monkeypatch.setattr("scripts.serve.engine.current.open_sources", opening)
    return current, errors, now


def test_a_version_that_fails_in_any_way_is_said_to_be_refused(failing, caplog):
    current, errors, _ = failing
    errors.append(KeyError("layers"))
    assert not current.look()
    assert current.refused == "KeyError: 'layers'"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert caplog.records[0].exc_info is not None


@pytest.mark.parametrize("error", [OSError(24, "too many open files"), MemoryError(), RuntimeError("no thread")])
def test_what_may_pass_is_tried_again_later_and_later(failing, caplog, error):
    current, errors, now = failing
    errors += [error, error]
    for at, taken in ((0.0, False), (FIRST_RETRY_S, False), (2 * FIRST_RETRY_S, False), (3 * FIRST_RETRY_S, True)):
        now[0] = at
        assert current.look() is taken, at
        assert (current.refused is None) is taken
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


def test_what_cannot_be_read_for_good_is_not_tried_again(failing):
    current, errors, now = failing
    errors.append(InputError("index: is of another schema version"))
    assert not current.look()
    now[0] = 1e9
    assert not current.look()
    assert current.refused == "index: is of another schema version"


def test_no_request_fails_while_versions_change(own_index, sample_model, sample, tmp_path):
    current = Current(Sources(own_index, sample_model))
    first = current.opened.index.catalog.ids[0].as_py()
    ended = Event()

    def ask(client):
        statuses = []
        while not ended.is_set():
            statuses.append(client.get(product(first, "/neighbours?k=5")).status)
        return statuses

    with served(current, tmp_path) as door, ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask, door.client("read")) for _ in range(3)]
        try:
            for number in range(3):
                add_product(own_index, sample, f"NEW{number}", tmp_path)
                current.look()
            reply = door.client("read").get(product("NEW2", "/neighbours?k=3"))
        finally:
            ended.set()
        statuses = [status for each in asking for status in each.result()]
    assert set(statuses) == {200}
    assert len(statuses) > 10
    assert {one["id"] for one in json.loads(reply.body)["neighbours"]} & {"NEW0", "NEW1", first}


def test_a_newer_version_is_noticed_by_itself(own_index, sample, tmp_path):
    current, taken = Current(Sources(own_index)), Event()
    look = current.look
    current.look = lambda: look() and taken.set()
    current.watch(every_s=0.01)
    add_product(own_index, sample, "NEW", tmp_path)
    assert taken.wait(30)
    current.end()
    assert current.taken == 1
