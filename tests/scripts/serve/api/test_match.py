"""A new offer is matched over HTTP as the package matches it, and nothing that it says is a place on the server."""

import io
import json

import pyarrow as pa
import pytest
from PIL import Image
from pydantic import TypeAdapter
from served import V1, served

from indexing.given.read_given import GivenOptions, read_given
from indexing.product_index import open_index
from reranking.matching.match_offers import match_offers, prepare_matching
from reranking.model.folder import load_reranker
from scripts.serve.api.match_forms import MatchesForm
from scripts.serve.engine.current import Current
from scripts.serve.engine.served import Sources

MATCH = f"{V1}/match"


@pytest.fixture(scope="module")
def door(sample_index, sample_model, tmp_path_factory):
    with served(Current(Sources(sample_index, sample_model)), tmp_path_factory.mktemp("with")) as door:
        yield door


@pytest.fixture(scope="module")
def client(door):
    return door.client("read")


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


def offer_of(index, position, **changed):
    """The cells of a product, as an offer of a shop that nobody knows."""
    row = index.catalog.slice(position, position + 1).table.to_pylist()[0]
    offer = {name: row[name] for name in ("title", "brand", "price") if row[name] is not None}
    offer["category"] = [row[f"category_{level}"] for level in (1, 2, 3, 4) if row[f"category_{level}"]]
    offer["attributes"] = {one["key"]: one["value"] for one in row["attributes"] or [] if one["key"]}
    return {**offer, "source": "a new shop", **changed}


def checked(reply):
    assert reply.status == 200, reply.body
    TypeAdapter(MatchesForm).validate_json(reply.body, strict=True)
    return reply.json


def test_an_offer_is_scored_as_the_package_scores_it(client, index, sample_model, tmp_path):
    offer = offer_of(index, 3)
    found = checked(client.post(MATCH, {**offer, "top": 3}))
    file = tmp_path / "offers.jsonl"
    file.write_text(json.dumps({"id": "new", **offer}, ensure_ascii=False))
    given = read_given(index, [file], tmp_path, options=GivenOptions("generic"))
    expected = match_offers(prepare_matching(index, load_reranker(sample_model)), given.catalog)
    ids = index.catalog.ids.take(pa.array(expected.products)).to_pylist()
    assert [pair["id"] for pair in found["pairs"][:3]] == ids[:3]
    assert [pair["score"] for pair in found["pairs"][:3]] == pytest.approx(expected.scores[:3].tolist(), abs=1e-6)
    called = [pair for pair in found["pairs"] if pair["match"]]
    assert len(called) == expected.called.sum()
    assert all(pair["for"] or pair["against"] for pair in found["pairs"])
    assert not found["in_index"]
    assert found["category"] == expected.categories[0].as_py()


def test_the_product_itself_is_the_best_match_of_its_copy(client, index):
    found = checked(client.post(MATCH, offer_of(index, 5)))
    assert found["pairs"][0]["id"] == index.catalog.ids[5].as_py()
    assert found["pairs"][0]["cosines"]["text"] > 0.8


def test_an_offer_with_the_id_of_a_product_stands_in_its_place(client, index):
    own = index.catalog.ids[5].as_py()
    found = checked(client.post(MATCH, offer_of(index, 5, id=own)))
    assert found["in_index"]
    assert own not in [pair["id"] for pair in found["pairs"]]


def test_a_picture_that_is_sent_is_seen(client, index):
    own = index.catalog.ids[7].as_py()
    content = client.get(f"{V1}/products/{own}/picture?size=1536").body
    offer = json.dumps(offer_of(index, 7)).encode()
    without = checked(client.send(MATCH, [("offer", None, offer)]))
    found = checked(client.send(MATCH, [("offer", None, offer), ("picture", "a.jpg", content)]))
    assert {pair["cosines"]["image"] for pair in without["pairs"]} == {None}
    cosines = {pair["id"]: pair["cosines"]["image"] for pair in found["pairs"]}
    assert cosines[own] == max(filter(None, cosines.values())) > 0.95  # the server recompresses what it shows


def test_what_is_no_barcode_is_left_out_and_said(client, index):
    found = checked(client.post(MATCH, offer_of(index, 3, gtin="4006381333932")))
    assert any(note.startswith("gtin: ") for note in found["notes"])


def test_it_is_matched_among_some_products_alone(client, index):
    offer, sources = offer_of(index, 3), index.catalog.table["source"]
    name = sources[3].as_py()
    found = checked(client.post(MATCH, {**offer, "top": 40, "among": {"source": [name]}}))
    assert {pair["source"] for pair in found["pairs"]} == {name}
    found = checked(client.post(MATCH, {**offer, "top": 40, "among": {"not_source": [name]}}))
    assert name not in {pair["source"] for pair in found["pairs"]}
    reply = client.post(MATCH, {**offer, "among": {"category": "no such"}})
    assert reply.status == 422
    assert "category 'no such' is not in the catalogue" in reply.error


def test_a_share_of_matches_moves_probabilities_and_decisions(client, index):
    offer = {**offer_of(index, 3), "top": 40}
    plain = checked(client.post(MATCH, offer))["pairs"]
    often = checked(client.post(MATCH, {**offer, "prior": 0.9}))["pairs"]
    seldom = checked(client.post(MATCH, {**offer, "prior": {"default": 0.001}}))["pairs"]
    same = checked(client.post(MATCH, {**offer, "prior": {"rest": 0.001}}))["pairs"]
    assert seldom == same
    for one, more, less in zip(plain, often, seldom, strict=True):
        assert one["id"] == more["id"] == less["id"]
        assert one["score"] == more["score"] == less["score"]
        assert less["probability"] <= one["probability"] <= more["probability"]
    assert sum(pair["match"] for pair in often) > sum(pair["match"] for pair in seldom)
    reply = client.post(MATCH, {**offer, "prior": {"no such": 0.5}})
    assert reply.status == 422
    assert reply.error.startswith(
        "prior names 'no such', no evaluation category"
    )  # no word of an option of the terminal


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prior": 0}, "prior"),
        ({"prior": 1.0}, "prior"),
        ({"prior": {}}, "prior"),
        ({"prior": "estimate"}, "prior"),
        ({"among": {"sources": ["a"]}}, "among"),
        ({"image": "/etc/passwd"}, "image"),
        ({"images": ["http://127.0.0.1/"]}, "images"),
        ({"price": -1}, "price"),
        ({"title": "x" * 2001}, "title"),
        ({"top": -1}, "top"),
        ({"category": ["a"] * 5}, "category"),
    ],
)
def test_fields_that_an_offer_has_not_are_refused(client, change, said):
    reply = client.post(MATCH, {"title": "a phone", **change})
    assert reply.status == 422
    assert said in reply.error


def test_a_picture_that_is_none_is_refused(client):
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    reply = client.send(MATCH, [("offer", None, b'{"title": "a"}'), ("picture", "a.png", svg)])
    assert reply.status == 422
    assert reply.error.startswith("picture: ")
    large = io.BytesIO()
    Image.new("1", (6000, 4001)).save(large, "PNG")
    reply = client.send(MATCH, [("offer", None, b'{"title": "a"}'), ("picture", "a.png", large.getvalue())])
    assert reply.status == 413


def test_a_form_without_an_offer_is_refused(client):
    assert "offer" in client.send(MATCH, [("other", None, b"{}")]).error
    assert client.ask("POST", MATCH, b"title=a", {"Content-Type": "text/plain"}).status == 415


def test_an_offer_of_nothing_is_near_nobody_or_refused_in_a_sentence(client):
    reply = client.post(MATCH, {})
    assert (reply.status, reply.json.get("pairs")) == (200, []) or (reply.status == 422 and reply.error)


def test_without_a_model_nothing_is_matched(sample_index, tmp_path):
    with served(Current(Sources(sample_index)), tmp_path) as door:
        reply = door.client("read").post(MATCH, {"title": "a phone"})
    assert reply.status == 409
    assert "--model" in reply.error


def test_what_is_not_prepared_yet_asks_to_come_again(door, client, monkeypatch):
    monkeypatch.setattr(door.service.current.opened.matching, "matcher", lambda wait_s: None)
    reply = client.post(MATCH, {"title": "a phone"})
    assert reply.status == 503
    assert reply.headers["retry-after"] == "5"
