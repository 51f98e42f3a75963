"""The page of a pair is drawn, of the committed sample: `python -m scripts.take_screenshot docs/serve/pair.png`.

It builds an index and trains a model of data/sample, serves them, and needs chromium and the extra `browser`.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
WIDTH, HEIGHT = 1000, 960
VISITOR = "anna"
COLORS = 64  # of the PNG, so that it is small


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--chromium", default="/usr/bin/chromium", show_default=True)
def command(out: Path, chromium: str) -> None:
    """Write the picture into OUT, a PNG."""
    with tempfile.TemporaryDirectory() as folder:
        index, model = Path(folder) / "index", Path(folder) / "model"
        train, valid = (SAMPLE / f"pairs_{name}.parquet" for name in ("train", "valid"))
        _heroic("build-index", SAMPLE / "products.parquet", "--out", index)
        _heroic("train", index, train, "--valid", valid, "--out", model)
        words = [sys.executable, "-m", "scripts.main", "serve", str(index), "--model", str(model), "--port", "0"]
        environment = {**os.environ, "LOGNAME": VISITOR}
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as server:
            try:
                assert server.stdout is not None
                link = re.search(r"open (\S+)", server.stdout.readline() + server.stdout.readline())
                assert link is not None, "the server did not start"
                _take(link[1], _pairs(index), out, chromium)
            finally:
                server.terminate()


def _heroic(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "scripts.main", *map(str, words)], check=True, capture_output=True)


def _pairs(index: Path) -> list[str]:
    """Return the addresses of the matching pairs of validation whose products differ in their titles."""
    from indexing.product_index import open_index
    from reranking.pairs.labelled import read_labelled

    catalog = open_index(index).catalog
    labelled = read_labelled([SAMPLE / "pairs_valid.parquet"], catalog)
    titles, ids = catalog.table["title"].to_pylist(), catalog.ids.to_pylist()
    pairs = zip(labelled.left.tolist(), labelled.right.tolist(), labelled.targets.tolist(), strict=True)
    matches = ((left, right) for left, right, match in pairs if match and titles[left] != titles[right])
    return [f"/pair?left={ids[left]}&right={ids[right]}" for left, right in matches]


def _take(link: str, addresses: list[str], out: Path, chromium: str) -> None:
    """Take the first of the pairs that the model calls a match."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(link)
        home = link.partition("/enter")[0]
        page.wait_for_url(f"{home}/")
        for address in addresses:
            page.goto(home + address)
            page.locator("#left-rivals > li").first.wait_for()
            if page.locator(".tag.good").count():
                break
        page.wait_for_load_state("networkidle")
        page.screenshot(path=out)
        browser.close()
    Image.open(out).convert("RGB").quantize(COLORS).save(out, optimize=True)


if __name__ == "__main__":
    command()
