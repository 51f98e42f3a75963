"""The page of the API shows every route, and asks it."""

import json

import pytest
from served import V1, served
from shown_pages import fits

pytestmark = pytest.mark.browser


@pytest.fixture
def door(sample_index, sample_model, tmp_path):
    """A server of everything: a model, and a label store."""
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.label_desks import LabelDesks
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.engine.served import Sources

    current = Current(Sources(sample_index, sample_model))
    desks = LabelDesks(tmp_path / "labels.db", current, LIMITS, budget=40)
    with served(current, tmp_path, desks=desks) as door:
        yield door


def asked(page, route, fields=None, body=None, file=None):
    """Ask a route by its form, and return the status, and what is shown of the answer."""
    place = page.locator(f"details[data-route='{route}']")
    place.locator("summary").click()
    for name, value in (fields or {}).items():
        place.locator(f"input[name='{name}']").fill(value)
    if body is not None:
        place.locator("textarea").fill(json.dumps(body))
    if file is not None:
        place.locator("input[type='file']").set_input_files(file)
    place.get_by_role("button", name="Send").click()
    told = place.locator(".answered")
    told.wait_for()
    shown = place.locator("pre").last.inner_text() if place.locator("img").count() == 0 else "a picture"
    return int(told.inner_text().split()[0]), shown


def test_every_route_can_be_asked(browsing, door, sample):
    page = browsing(door, "/reference")
    page.get_by_text("routes.").wait_for()
    left, right = door.service.current.opened.index.catalog.ids.slice(0, 2).to_pylist()
    one, pair, photo = {"product_id": left}, {"left": left, "right": right}, next((sample / "images").iterdir())
    answers = {
        "GET /products/{product_id}": asked(page, f"GET {V1}/products/{{product_id}}", one),
        "GET /known": asked(page, f"GET {V1}/known", {"id": left}),
        "GET neighbours": asked(page, f"GET {V1}/products/{{product_id}}/neighbours", {**one, "k": "3", "not_source": "nobody"}),
        "GET picture": asked(page, f"GET {V1}/products/{{product_id}}/picture", one),
        "POST /search": asked(page, f"POST {V1}/search", body={"text": "usb", "k": 2}),
        "POST /match": asked(page, f"POST {V1}/match", body={"title": "usb", "top": 2}, file=photo),
        "POST score": asked(page, f"POST {V1}/pairs/score", body={"pairs": [pair]}),
        "POST explain": asked(page, f"POST {V1}/pairs/explain", body=pair),
        **{f"GET {name}": asked(page, f"GET {V1}/{name}") for name in ("index", "model", "names", "health", "ready", "metrics")},
        **{f"GET {name}": asked(page, f"GET {V1}/labels/{name}") for name in ("next", "agreement", "export")},
    }  # fmt: skip
    assert {name: status for name, (status, _) in answers.items() if status != 200} == {"GET neighbours": 422}
    assert json.loads(answers["GET /products/{product_id}"][1])["id"] == left
    assert answers["GET picture"][1] == "a picture"
    assert [one["rank"] for one in json.loads(answers["POST /search"][1])["neighbours"]] == [1, 2]
    question = json.loads(answers["GET next"][1])["pair"]
    verdict = {side: question[side]["id"] for side in ("left", "right")}
    status, shown = asked(page, f"POST {V1}/labels", body={**verdict, "verdict": "match"})
    assert (status, json.loads(shown)["progress"]["asked"]) == (200, 1)
    status, shown = asked(page, f"POST {V1}/labels/undo")
    assert (status, json.loads(shown)["progress"]["asked"]) == (200, 0)
    page.context.close()


def test_every_route_of_the_document_has_a_form_and_every_form_its_fields(browsing, door):
    page = browsing(door, "/reference")
    page.get_by_text("routes.").wait_for()
    document = door.client("read").get(f"{V1}/openapi.json").json
    routes = [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]
    shown = page.locator("details[data-route]").evaluate_all("(all) => all.map((one) => one.dataset.route)")
    assert sorted(shown) == sorted(routes)
    page.goto(f"{page.url}#form-OfferForm")
    page.locator("#form-OfferForm[open] tr").first.wait_for()
    fields = document["components"]["schemas"]["OfferForm"]["properties"]
    assert page.locator("#form-OfferForm tr").count() == len(fields)
    page.context.close()


def test_what_comes_back_is_shown_as_it_came(browsing, door):
    page = browsing(door, "/reference")
    text = '{"a":[9007199254740993,{}, "x,[\\"}:"],"b":[ ]}'
    shown = page.evaluate("async (text) => (await import('/static/reference.js')).indented(text)", text)
    assert shown.replace("\n", "").replace(" ", "") == text.replace(" ", "")
    assert '"x,[\\"}:"' in shown
    assert len(shown.splitlines()) == 8
    page.context.close()


@pytest.mark.parametrize("size", [(360, "dark"), (2560, "light")], ids=str)
def test_it_and_the_entrance_fit_in_any_width(browsing, door, size):
    page = browsing(door, "/reference", size)
    page.get_by_text("routes.").wait_for()
    for place in page.locator("details").all():
        place.evaluate("(details) => { details.open = true; }")
    assert fits(page)
    page.context.clear_cookies()
    page.goto(f"http://127.0.0.1:{door.port}/")
    page.wait_for_url("**/enter")
    assert fits(page)
    page.context.close()


def test_the_page_leads_there(browsing, door):
    page = browsing(door, size=(360, "dark"))
    page.get_by_role("link", name="API").click()
    page.get_by_text("routes.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()
