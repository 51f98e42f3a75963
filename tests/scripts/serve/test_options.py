"""Options: what would let in whoever comes is refused before anything is opened."""

from pathlib import Path

import pytest

from indexing.errors import InputError
from scripts.serve.options import ServeOptions

INDEX, FILE = Path("index"), Path("file")
TLS = {"certificate": FILE, "key": FILE}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_alone_needs_nothing(host):
    options = ServeOptions(INDEX, host=host)
    assert (options.local, options.linked, options.secure) == (True, True, False)
    assert {"localhost", "127.0.0.1", "[::1]"} <= options.names
    assert (f"[{host}]" if ":" in host else host) in options.names


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "192.168.1.7", "::", "example.org", "localhost.example.org", "127.0.0.1.nip.io"]
)
@pytest.mark.parametrize(
    "given", [{}, {"tokens": FILE}, TLS, {"behind_proxy": True}], ids=lambda given: "+".join(given) or "nothing"
)
def test_another_address_needs_tokens_and_https(host, given):
    with pytest.raises(InputError, match=f"--host {host}: other machines can reach it: give --tokens FILE"):
        ServeOptions(INDEX, host=host, **given)


def test_with_both_it_is_served_by_its_own_name_and_those_allowed():
    options = ServeOptions(INDEX, host="192.168.1.7", tokens=FILE, allow_hosts=("Match.Example",), **TLS)
    assert (options.names, options.linked) == ({"192.168.1.7", "match.example"}, False)
    assert options.address(443) == "https://192.168.1.7:443"


def test_everywhere_and_behind_a_proxy_it_needs_a_name():
    with pytest.raises(InputError, match="--allow-host with the name that browsers call it by"):
        ServeOptions(INDEX, host="0.0.0.0", tokens=FILE, **TLS)
    for given in ({}, {"tokens": FILE}, {"allow_hosts": ("match.example",)}):
        with pytest.raises(InputError, match="--behind-proxy: give --tokens FILE, and --allow-host"):
            ServeOptions(INDEX, behind_proxy=True, **given)
    options = ServeOptions(INDEX, behind_proxy=True, tokens=FILE, allow_hosts=("match.example",))
    assert (options.names, options.secure, options.linked) == ({"match.example"}, True, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])
def test_behind_a_proxy_nobody_comes_past_it(host):
    with pytest.raises(InputError, match=f"--behind-proxy --host {host}: other machines can reach it past the proxy"):
        ServeOptions(INDEX, host=host, behind_proxy=True, tokens=FILE, allow_hosts=("match.example",))


@pytest.mark.parametrize("name", ["https://x:8443/", "x:8443", "x/", "", "a b", "user@x", "x.", "::1"])
def test_a_name_that_no_browser_calls_by_is_refused(name):
    with pytest.raises(InputError, match="is no name of a host: give it alone"):
        ServeOptions(INDEX, allow_hosts=(name,))


def test_names_of_any_case_and_addresses_are_allowed():
    options = ServeOptions(INDEX, allow_hosts=("Match.Example", "[::1]", "10.0.0.7"))
    assert {"match.example", "[::1]", "10.0.0.7"} <= options.names


@pytest.mark.parametrize("half", ["certificate", "key"])
def test_a_certificate_and_its_key_belong_together(half):
    with pytest.raises(InputError, match="--certificate and --key belong together"):
        ServeOptions(INDEX, **{half: FILE})


def test_scores_need_a_store_and_those_of_before_need_those_of_now():
    with pytest.raises(InputError, match="--scores file: give --labels with the store"):
        ServeOptions(INDEX, scores=FILE)
    with pytest.raises(InputError, match="--previous-scores file: give --scores"):
        ServeOptions(INDEX, labels=FILE, previous_scores=FILE)
    assert ServeOptions(INDEX, labels=FILE, scores=FILE, previous_scores=FILE).scores == FILE


@pytest.mark.parametrize("option", ["group_scores", "decisions"])
def test_what_is_about_groups_needs_them(option):
    with pytest.raises(InputError, match=f"--{option.replace('_', '-')} .*: give --groups FILE too"):
        ServeOptions(INDEX, **{option: FILE})
    assert getattr(ServeOptions(INDEX, groups=FILE, **{option: FILE}), option) == FILE
