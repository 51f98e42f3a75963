"""An index is served from where it was published: a new publication is taken up, and a server that is gone is said so."""

import pytest
from milvus_servers import released
from served import V1, add_product, served

from indexing.publishing.address import Address
from indexing.publishing.publish_index import publish_index
from indexing.publishing.server import MilvusServer
from scripts.serve.engine.current import Current
from scripts.serve.engine.served import Sources


@pytest.fixture
def at(own_index, tmp_path, monkeypatch):
    """Where the index is published, by a server in this process that stays open, as a real one would."""
    monkeypatch.setattr(MilvusServer, "close", lambda self: None)
    address = Address(str(tmp_path / "there.db"))
    publish_index(own_index, address)
    yield address
    released(address)


def test_what_is_published_is_served(own_index, at, tmp_path):
    asked = {"text": "red kettle", "k": 5}
    with served(Current(Sources(own_index)), tmp_path / "here") as here:
        ours = here.client("read").post(f"{V1}/search", asked).json
    with served(Current(Sources(own_index, at=at)), tmp_path / "there") as there:
        assert there.client("read").post(f"{V1}/search", asked).json == ours


def test_a_new_publication_is_taken_up_and_an_update_alone_is_not(own_index, at, sample, tmp_path):
    current = Current(Sources(own_index, at=at))
    before = current.opened
    assert not current.look()
    add_product(own_index, sample, "NEW1", tmp_path)
    assert not current.look()
    assert "holds the index" in current.refused
    assert current.opened is before
    publish_index(own_index, at)
    assert current.look()
    assert current.refused is None
    assert len(current.opened.index.catalog) == len(before.index.catalog) + 1


def test_a_server_that_is_gone_is_said_so_and_no_new_version_is_looked_for(own_index, at, tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.publishing.server.CALL_S", 1.0)
    current = Current(Sources(own_index, at=at))
    released(at)
    assert not current.look()
    with served(current, tmp_path / "door") as door:
        reply = door.client("read").post(f"{V1}/search", {"text": "red kettle", "k": 5})
    assert (reply.status, reply.json["error"]["code"]) == (502, "unreachable")
    assert "does not answer" in reply.error
