"""Who administers a server sees whose tokens there are, and takes them back; others do neither."""

import pytest
from pydantic import TypeAdapter
from served import V1, served

from scripts.serve.engine.current import Current
from scripts.serve.engine.served import Sources
from scripts.serve.safety.token_routes import TokensForm


@pytest.fixture
def door(sample_index, tmp_path):
    with served(Current(Sources(sample_index)), tmp_path) as door:
        yield door


def test_tokens_are_shown_without_what_would_open_anything(door):
    reply = door.client("admin").get(f"{V1}/tokens")
    TypeAdapter(TokensForm).validate_json(reply.body, strict=True)
    assert [(one["name"], one["role"], one["ended"]) for one in reply.json["tokens"]] == [
        ("reader", "read", False), ("labeler", "label", False), ("adminer", "admin", False),
    ]  # fmt: skip
    told = reply.body.decode()
    assert not [record for record in door.visitors.tokens._records if record in told]
    assert not [token for token in door.tokens.values() if token in told]


def test_a_token_that_is_taken_back_lets_nobody_in(door):
    reader, admin = door.client("read"), door.client("admin")
    assert reader.get(f"{V1}/index").status == 200
    reply = admin.post(f"{V1}/tokens/revoke", {"name": "reader"})
    assert [one["name"] for one in reply.json["tokens"]] == ["labeler", "adminer"]
    assert reader.get(f"{V1}/index").status == 401
    again = admin.post(f"{V1}/tokens/revoke", {"name": "reader"})
    assert again.error.startswith("tokens.json: nobody in it is named 'reader'")


@pytest.mark.parametrize("role", ["read", "label"])
def test_it_needs_the_role_admin(door, role):
    client = door.client(role)
    assert client.get(f"{V1}/tokens").error == f"this needs the role admin, yours is {role}"
    assert client.post(f"{V1}/tokens/revoke", {"name": "adminer"}).status == 403
    assert door.client("admin").get(f"{V1}/index").status == 200


def test_whoever_started_the_server_may_too(door):
    assert door.browser().post(f"{V1}/tokens/revoke", {"name": "labeler"}).status == 200
    assert door.client("label").get(f"{V1}/index").status == 401


def test_without_tokens_there_is_nothing_to_show(door):
    browser = door.browser()
    door.visitors.tokens = None
    reply = browser.get(f"{V1}/tokens")
    assert (reply.status, "--tokens" in reply.error) == (409, True)


def test_a_file_that_is_gone_is_named_without_the_folders_above(door):
    browser = door.browser()
    door.visitors.tokens.path.unlink()
    for reply in (browser.get(f"{V1}/tokens"), browser.post(f"{V1}/tokens/revoke", {"name": "reader"})):
        assert reply.status == 422
        assert reply.error.startswith("tokens.json: no such file of tokens")
