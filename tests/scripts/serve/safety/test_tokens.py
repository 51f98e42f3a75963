"""Files of tokens: what is written, what is refused, and what a changed file means at once."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from indexing.errors import InputError
from scripts.serve.safety import tokens
from scripts.serve.safety.tokens import (
    Role,
    TokenFile,
    TokenRecord,
    Visitor,
    add_token,
    digest,
    read_tokens,
    revoke_token,
)
from scripts.serve.safety.visitors import LINK_S, MOST_OF_A_TOKEN, MOST_SESSIONS, SESSION_S, Visitors


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tokens.json"


def test_a_file_keeps_no_token_and_is_its_owners_alone(file):
    token = add_token(file, "anna", Role.LABEL, 30)
    assert token not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (record,) = read_tokens(file)
    assert (record.visitor, record.sha256) == (Visitor("anna", Role.LABEL), digest(token))
    assert timedelta(days=29) < datetime.fromisoformat(record.expires) - datetime.now(UTC) <= timedelta(days=30)


def test_no_token_is_like_another_and_a_name_has_one(file):
    assert add_token(file, "anna", Role.READ, 1) != add_token(file, "boris", Role.READ, 1)
    with pytest.raises(InputError, match="'anna' has a token"):
        add_token(file, "anna", Role.ADMIN, 1)
    assert [record.name for record in read_tokens(file)] == ["anna", "boris"]


def test_a_token_that_is_taken_back_is_unknown_at_once(file):
    given = {name: add_token(file, name, Role.READ, 1) for name in ("anna", "boris")}
    known = TokenFile(file)
    assert known.find(digest(given["anna"])) == Visitor("anna", Role.READ)
    revoke_token(file, "anna")
    assert known.find(digest(given["anna"])) is None
    assert known.find(digest(given["boris"])) == Visitor("boris", Role.READ)
    with pytest.raises(InputError, match="nobody in it is named 'anna' \\(it has boris\\)"):
        revoke_token(file, "anna")
    file.unlink()
    assert known.find(digest(given["boris"])) is None


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{}", '{"tokens": 1}', '{"tokens": [{}]}', '{"tokens": [{"name": "a", "role": "owner", "sha256": "x", '
        '"expires": "2030-01-01T00:00:00+00:00"}]}', '{"tokens": [{"name": "a", "role": "read", "sha256": "x", "expires": "soon"}]}',
        '{"tokens": [{"name": "a", "role": "read", "sha256": "x", "expires": "2030-01-01"}]}',
        '{"tokens": [{"name": 1, "role": "read", "sha256": "x", "expires": "2030-01-01T00:00:00+00:00"}]}',
    ],
)  # fmt: skip
def test_what_is_no_file_of_tokens_is_refused_in_one_line(file, content):
    file.write_text(content)
    with pytest.raises(InputError) as refused:
        TokenFile(file)
    assert str(refused.value).startswith(f"{file}: is no file of tokens")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_file_that_others_may_write_is_refused(file, mode):
    add_token(file, "anna", Role.READ, 1)
    os.chmod(file, mode)
    with pytest.raises(InputError, match="others may write it"):
        TokenFile(file)


def test_a_folder_in_which_everybody_may_replace_the_file_is_refused(file):
    add_token(file, "anna", Role.READ, 1)
    os.chmod(file.parent, 0o777)
    with pytest.raises(InputError, match="everybody may write into its folder"):
        TokenFile(file)
    os.chmod(file.parent, 0o1777)  # as /tmp
    assert TokenFile(file).find(digest("t")) is None


def test_a_file_that_is_missing_is_refused_and_nothing_is_made(file):
    with pytest.raises(InputError, match="no such file of tokens"):
        TokenFile(file)
    with pytest.raises(InputError, match="no such file of tokens"):
        revoke_token(file, "anna")
    assert not list(file.parent.iterdir())


def test_adding_waits_while_a_token_is_taken_back(file, monkeypatch):
    add_token(file, "anna", Role.READ, 1)
    reading, go, write = Event(), Event(), tokens._write

    def slow(*given):
        reading.set()
        assert go.wait(30)
        write(*given)

    monkeypatch.setattr(tokens, "_write", slow)
    with ThreadPoolExecutor(2) as pool:
        revoking = pool.submit(revoke_token, file, "anna")
        assert reading.wait(30)
        adding = pool.submit(add_token, file, "boris", Role.READ, 1)
        with pytest.raises(TimeoutError):
            adding.result(0.2)
        go.set()
        revoking.result(30)
        adding.result(30)
    assert [record.name for record in read_tokens(file)] == ["boris"]


def test_a_token_that_has_ended_is_nobodys(file):
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    file.write_text(json.dumps({"tokens": [vars(TokenRecord("anna", "read", digest("t"), past))]}))
    assert TokenFile(file).find(digest("t")) is None


def test_a_session_ends_after_its_time_and_when_there_are_too_many():
    now = [0.0]
    visitors = Visitors(None, "me", clock=lambda: now[0])
    first = visitors.enter_by_link(visitors.new_secret())
    assert visitors.by_cookie(first) == Visitor("me", Role.ADMIN)
    now[0] = SESSION_S
    assert visitors.by_cookie(first) is None
    cookies = [visitors.enter_by_link(visitors.new_secret()) for _ in range(MOST_SESSIONS + 1)]
    assert visitors.by_cookie(cookies[0]) is None
    assert visitors.by_cookie(cookies[1]) is not None


def test_who_has_a_token_puts_nobody_else_out(file):
    token = add_token(file, "anna", Role.READ, 1)
    visitors = Visitors(TokenFile(file), "me")
    operator = visitors.enter_by_link(visitors.new_secret())
    cookies = [visitors.enter_by_token(token) for _ in range(MOST_SESSIONS + 1)]
    assert visitors.by_cookie(operator) == Visitor("me", Role.ADMIN)
    assert [visitors.by_cookie(cookie) is not None for cookie in cookies[-MOST_OF_A_TOKEN - 1 :]] == [
        False,
        *[True] * MOST_OF_A_TOKEN,
    ]


def test_sessions_that_have_ended_go_first(file):
    now = [0.0]
    visitors = Visitors(None, "me", clock=lambda: now[0])
    for _ in range(MOST_SESSIONS - 1):
        visitors.enter_by_link(visitors.new_secret())
    now[0] = SESSION_S
    cookies = [visitors.enter_by_link(visitors.new_secret()) for _ in range(2)]
    assert [visitors.by_cookie(cookie) is not None for cookie in cookies] == [True, True]
    assert len(visitors._sessions) == 2


def test_a_link_ends_after_its_time():
    now = [0.0]
    visitors = Visitors(None, "me", clock=lambda: now[0])
    secret = visitors.new_secret()
    assert not visitors.link_ended(secret)
    now[0] = LINK_S
    assert visitors.enter_by_link(secret) is None
    assert (visitors.link_ended(secret), visitors.link_ended("guessed")) == (True, False)
    assert visitors.enter_by_link(visitors.new_secret()) is not None


def test_without_a_link_no_secret_lets_in():
    visitors = Visitors(None, None)
    assert visitors.enter_by_link(visitors.new_secret()) is None
    assert visitors.enter_by_token("x") is None
