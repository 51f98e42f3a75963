"""The API through a real server over real sockets: what it answers has the form that it documents, and is what the packages say."""

import io
import json
import math
from dataclasses import replace
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image
from pydantic import TypeAdapter
from served import V1, product, served

from indexing.product_index import open_index
from indexing.query.find_neighbours import find_neighbours, query_by_id
from reranking.explain.document import as_document
from reranking.explain.explanation import explain
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from scripts.serve.api import forms
from scripts.serve.engine.current import Current
from scripts.serve.engine.served import Sources


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def client(sample_index, sample_model, tmp_path_factory):
    with served(Current(Sources(sample_index, sample_model)), tmp_path_factory.mktemp("with")) as door:
        yield door.client("read")


@pytest.fixture(scope="module")
def modelless(sample_index, tmp_path_factory):
    with served(Current(Sources(sample_index)), tmp_path_factory.mktemp("without")) as door:
        yield door.client("read")


def ids(index, count):
    return index.catalog.ids.slice(0, count).to_pylist()


def checked(form, reply):
    """The answer, which must have the form that the OpenAPI document gives it."""
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == "application/json"
    TypeAdapter(form).validate_json(reply.body, strict=True)
    return reply.json


def test_a_product_is_told_whole_but_for_where_its_pictures_are(client, index):
    product_id = ids(index, 1)[0]
    found = checked(forms.ProductForm, client.get(product(product_id)))
    row = index.catalog.slice(0, 1).table.to_pylist()[0]
    assert {name: found[name] for name in ("id", "title", "brand", "source")} == {
        name: row[name] for name in ("id", "title", "brand", "source")
    }
    assert found["pictures"] == len(row["images"])
    assert not any(reference in json.dumps(found) for reference in row["images"])


def test_neighbours_are_those_of_the_package(client, index):
    for product_id in ids(index, 5):
        found = checked(forms.NeighboursForm, client.get(product(product_id, "/neighbours?k=7&view=lexical")))
        query = replace(query_by_id(index.catalog, product_id), view="lexical")
        result = find_neighbours(index, query, 7)
        assert [one["id"] for one in found["neighbours"]] == index.catalog.ids.take(result.positions).to_pylist()
        cosines = [one["cosines"]["lexical"] for one in found["neighbours"]]
        assert cosines == pytest.approx(result.cosine("lexical").tolist(), abs=1e-6)


def test_filters_leave_what_they_name(client, index):
    product_id = ids(index, 1)[0]
    sources = sorted(set(index.catalog.table["source"].to_pylist()))[:2]
    asked = f"/neighbours?k=9&source={sources[0]}&source={sources[1]}&not_source={sources[0]}"
    found = checked(forms.NeighboursForm, client.get(product(product_id, asked)))
    assert {one["source"] for one in found["neighbours"]} == {sources[1]}
    assert (found["sources"], found["not_sources"]) == (sources, sources[:1])
    category = index.catalog.category()[0].as_py()
    found = checked(
        forms.NeighboursForm, client.get(product(product_id, f"/neighbours?k=9&category={quote(category)}"))
    )
    assert {one["category"] for one in found["neighbours"]} == {category}


def test_a_filter_that_nothing_has_is_said_with_what_is_near(client, index):
    reply = client.get(product(ids(index, 1)[0], "/neighbours?source=techno.famly"))
    assert reply.status == 422
    assert "did you mean 'techno.family'" in reply.error


def test_an_unknown_id_is_not_found(client):
    reply = client.get(product("no such product"))
    assert (reply.status, reply.json["error"]["code"]) == (404, "not_found")
    assert "'no such product' is not in the catalogue" in reply.error


@pytest.mark.parametrize(
    "asked", ["k=0", "k=1001", "k=ten", "view=sound", f"category={'x' * 201}", "source=" + "&source=".join("a" * 51)]
)
def test_values_out_of_range_are_refused_with_their_name(client, index, asked):
    reply = client.get(product(ids(index, 1)[0], f"/neighbours?{asked}"))
    assert reply.status == 422
    assert reply.error.startswith(asked.partition("=")[0])


def test_a_text_is_searched_by_json_and_by_a_form_alike(client):
    asked = {"text": "смартфон hypra 512", "k": 3, "not_source": ["radiorynok"]}
    found = checked(forms.NeighboursForm, client.post(f"{V1}/search", asked))
    parts = [("text", None, asked["text"].encode()), ("k", None, b"3"), ("not_source", None, b"radiorynok")]
    assert checked(forms.NeighboursForm, client.send(f"{V1}/search", parts)) == found
    assert len(found["neighbours"]) == 3
    assert "radiorynok" not in {one["source"] for one in found["neighbours"]}


def test_a_picture_finds_its_product_first(client, index, sample):
    with_picture = index.catalog.main_pictures()
    position = next(place for place, name in enumerate(with_picture) if name)
    content = (index.catalog.pictures / with_picture[position]).read_bytes()
    found = checked(forms.NeighboursForm, client.send(f"{V1}/search", [("picture", "any.jpg", content)]))
    assert found["view"] == "image"
    assert found["neighbours"][0]["cosines"]["image"] == pytest.approx(1.0, abs=1e-5)
    assert "/tmp" not in json.dumps(found)
    parts = [("picture", "any.jpg", content), ("text", None, "наушники".encode())]
    assert checked(forms.NeighboursForm, client.send(f"{V1}/search", parts))["view"] == "fused"


def test_a_text_that_looks_like_an_id_and_is_none_is_said_to_be_searched_as_a_text(client):
    note = "no product has the id 'ZZZZZZ', it is searched for as a text"
    for text, said in ((" ZZZZZZ", True), ("zzzzzz", False), ("JDQNAQ", False), ("phone", False)):
        found = checked(forms.NeighboursForm, client.post(f"{V1}/search", {"text": text, "k": 3}))
        assert (note in found["notes"]) == said


def test_nothing_to_search_is_said(client):
    for reply in (
        client.post(f"{V1}/search", {}),
        client.send(f"{V1}/search", [("k", None, b"3")]),
        client.post(f"{V1}/search", {"text": "  "}),
    ):
        assert reply.status == 422
        assert "text" in reply.error


def test_a_misspelt_field_is_no_option_that_does_nothing(client):
    reply = client.post(f"{V1}/search", {"text": "phone", "sources": ["a"]})
    assert (reply.status, reply.error) == (422, "sources: Extra inputs are not permitted")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"text": "\\ud800"}', b"\xff", b'{"text": 1}', b"null"])
def test_what_is_no_search_is_refused(client, body):
    assert client.post(f"{V1}/search", body).status == 422


def test_another_content_type_is_refused(client):
    assert (
        client.post(f"{V1}/search", b"text=phone", **{"Content-Type": "application/x-www-form-urlencoded"}).status
        == 415
    )


def test_pairs_are_scored_as_by_the_package(client, sample, sample_model, index):
    pairs = pd.read_parquet(sample / "pairs_test.parquet").iloc[:40]
    asked = [{"left": left, "right": right} for left, right in zip(pairs.iloc[:, 0], pairs.iloc[:, 1], strict=True)]
    found = checked(forms.ScoresForm, client.post(f"{V1}/pairs/score", {"pairs": asked}))
    left, right = (index.catalog.positions(pa.array([pair[side] for pair in asked])) for side in ("left", "right"))
    scorer = PairScorer.prepare(index, load_reranker(sample_model), np.unique([left, right]))
    assert [{side: pair[side] for side in ("left", "right")} for pair in found["pairs"]] == asked
    assert [pair["score"] for pair in found["pairs"]] == pytest.approx(scorer.score(left, right).tolist(), abs=1e-6)
    assert [pair["probability"] for pair in found["pairs"]] == pytest.approx(
        scorer.probabilities(left, right).tolist(), abs=1e-6
    )
    for pair, threshold in zip(found["pairs"], scorer.thresholds(left), strict=True):
        assert pair["match"] == (pair["score"] >= threshold)
        assert (pair["threshold"] is None) == math.isinf(threshold)


@pytest.mark.parametrize(
    ("pairs", "status"),
    [
        ([], 422),
        ([{"left": "a"}], 422),
        ([{"left": "a", "right": "b"}] * 1001, 422),
        ([{"left": True, "right": "b"}], 422),
        ([{"left": "", "right": "b"}], 422),
        ([{"left": "nobody", "right": "no one"}], 404),
        ("a,b", 422),
    ],
)
def test_pairs_that_are_none_are_refused(client, pairs, status):
    reply = client.post(f"{V1}/pairs/score", {"pairs": pairs})
    assert reply.status == status
    assert reply.error


def test_a_product_is_no_pair_with_itself(client, index):
    one = ids(index, 1)[0]
    reply = client.post(f"{V1}/pairs/score", {"pairs": [{"left": one, "right": one}]})
    assert (reply.status, reply.error) == (422, f"{one!r} is paired with itself: name two products")


def test_a_pair_is_explained_as_by_the_package_with_what_differs(client, index, sample_model):
    left, right = ids(index, 2)
    found = checked(forms.PairShown, client.post(f"{V1}/pairs/explain", {"left": left, "right": right}))
    scorer = PairScorer.prepare(index, load_reranker(sample_model), np.array([0, 1]))
    expected = as_document(explain(scorer, 0, 1))
    assert found["explanation"]["score"] == pytest.approx(expected["score"], abs=1e-6)
    for side in ("for", "against"):
        told = [[reason["words"] for reason in one[side]] for one in (found["explanation"], expected)]
        assert told[0] == told[1]
    assert {"".join(piece["text"] for piece in field["left"]) for field in found["fields"]} >= {found["left"]["title"]}
    assert set(found["cosines"]) == set(index.views)


def test_without_a_model_pairs_are_shown_but_not_scored(modelless, index):
    pair = dict(zip(("left", "right"), ids(index, 2), strict=True))
    assert checked(forms.PairShown, modelless.post(f"{V1}/pairs/explain", pair))["explanation"] is None
    assert modelless.post(f"{V1}/pairs/score", {"pairs": [pair]}).status == 409
    assert modelless.get(f"{V1}/model").status == 404
    found = checked(forms.NeighboursForm, modelless.get(product(pair["left"], "/neighbours")))
    assert {one["probability"] for one in found["neighbours"]} == {None}


def test_a_picture_is_painted_anew_in_the_size_asked_for(client, index):
    position = next(place for place, name in enumerate(index.catalog.main_pictures()) if name)
    address = product(index.catalog.ids[position].as_py(), "/picture")
    small, large = client.get(f"{address}?size=30"), client.get(f"{address}?size=1536")
    for reply, side in ((small, 96), (large, 1536)):
        assert (reply.status, reply.headers["content-type"]) == (200, "image/jpeg")
        assert max(Image.open(io.BytesIO(reply.body)).size) <= side
    assert client.get(f"{address}?number=99").status == 404
    assert client.get(f"{address}?size=1537").status == 422


def test_the_server_says_what_it_serves(client, index, sample_model):
    assert checked(forms.Health, client.get(f"{V1}/health")) == {"status": "ok"}
    ready = checked(forms.Readiness, client.get(f"{V1}/ready"))
    model = load_reranker(sample_model)
    assert ready == {
        "status": "ready",
        "index": index.fingerprint,
        "model": model.fingerprint,
        "refused": None,
        "review": None,
    }
    about = client.get(f"{V1}/index").json
    assert about["catalog"]["products"] == len(index.catalog)
    assert about["views"] == list(index.views)
    assert client.get(f"{V1}/model").json["features"] == list(model.feature_names)


def test_requests_are_counted_by_route_not_by_address(client):
    client.get(product("nobody-1"))
    client.get("/nowhere/1")
    text = client.get(f"{V1}/metrics").body.decode()
    assert 'route="/products/{product_id}",status="404"' in text.replace("/api/v1", "")
    assert 'route="other",status="404"' in text
    assert "nobody" not in text
    assert "heroic_products 320.0" in text


def test_addresses_and_methods_that_are_none_have_the_form_of_errors(client):
    assert client.get("/api/v2/products").status == 404
    assert client.get("/nowhere").error == "there is nothing at this address"
    assert client.ask("DELETE", f"{V1}/index").error == "this address does not take this method"


def test_the_openapi_document_names_every_route_and_form(client):
    document = client.get(f"{V1}/openapi.json").json
    assert {f"{V1}/search", f"{V1}/pairs/score", f"{V1}/products/{{product_id}}/neighbours"} <= set(document["paths"])
    schemas = document["components"]["schemas"]
    named = set(_references(document))
    assert named <= {f"#/components/schemas/{name}" for name in schemas}
    assert "#/components/schemas/SearchForm" in named


def _references(found):
    if isinstance(found, dict):
        yield from ([found["$ref"]] if isinstance(found.get("$ref"), str) else [])
        for value in found.values():
            yield from _references(value)
    elif isinstance(found, list):
        for value in found:
            yield from _references(value)
