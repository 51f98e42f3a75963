"""A large catalogue is read once for the model, in the background, and is served meanwhile."""

from threading import Event

import pytest
from served import V1, product, served

from reranking.signals.whole_catalogue import WholeCatalogue
from scripts.serve.engine.current import Current
from scripts.serve.engine.served import Sources


@pytest.fixture
def reading(monkeypatch):
    """An event without which no catalogue is read; 320 products are many here."""
    go, read = Event(), WholeCatalogue.read

    def waiting(*given):
        assert go.wait(60)
        return read(*given)

    monkeypatch.setattr("reranking.answers.session.PREPARED_WHOLE", 10)
    monkeypatch.setattr(WholeCatalogue, "read", waiting)
    yield go
    go.set()


@pytest.fixture
def asked(sample_index, sample_model, tmp_path):
    """Ask for a product's neighbours and for reasons, at once and when all is read."""

    def ask(current, where):
        with served(current, where) as door:
            client, ids = door.client("read"), door.service.current.opened.index.catalog.ids.to_pylist()
            yield (
                client.get(product(ids[0], "/neighbours?k=5")),
                client.post(f"{V1}/pairs/explain", {"left": ids[0], "right": ids[1]}),
            )
            current.opened.matching.matcher(None)
            yield (
                client.get(product(ids[0], "/neighbours?k=5")),
                client.post(f"{V1}/pairs/explain", {"left": ids[0], "right": ids[1]}),
            )

    return ask


def test_it_is_served_without_scores_until_it_is_read(
    reading, asked, sample_index, sample_model, tmp_path, monkeypatch
):
    answers = asked(Current(Sources(sample_index, sample_model)), tmp_path)
    neighbours, explained = next(answers)
    assert [one["probability"] for one in neighbours.json["neighbours"]] == [None] * 5
    assert any(note.startswith("no probability yet") for note in neighbours.json["notes"])
    assert (explained.status, explained.headers["retry-after"]) == (503, "5")
    reading.set()
    neighbours, explained = next(answers)
    assert list(answers) == []
    assert neighbours.json["notes"] == []
    monkeypatch.setattr("reranking.answers.session.PREPARED_WHOLE", 1_000)
    (tmp_path / "small").mkdir()
    same, reasons = next(asked(Current(Sources(sample_index, sample_model)), tmp_path / "small"))
    assert neighbours.json["neighbours"] == same.json["neighbours"]
    assert explained.json == reasons.json


def test_a_newer_version_is_read_before_it_takes_the_place(reading, own_index, sample_model):
    reading.set()
    current = Current(Sources(own_index, sample_model))
    current.opened.matching.matcher(None)
    own_index.rename(own_index.with_name("older"))
    own_index.with_name("older").rename(own_index)
    (own_index / "manifest.json").touch()
    assert current.look()
    assert current.opened.session._whole
