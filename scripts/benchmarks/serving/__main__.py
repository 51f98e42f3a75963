"""A server is timed over sockets against the raw calls: `python -m scripts.benchmarks.serving INDEX [--model MODEL]`.

The server and the load are processes of their own; the load's CPU time is told apart, since both share the machine. Prints one
JSON object: seconds until the server was ready; of each kind of question the requests a second over some connections, times
in ms, and the ratio of a question alone to the raw call; with `--soak`, what came of asking by id and text at a pace for so long,
while the index was exchanged for newer versions; seconds of `heroic query` from a cold start; ms to the first paint with
`--paint`, which needs the extra `browser`.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from scripts.benchmarks.serving.started import Started

COLD = 5  # starts of heroic query


@click.command()
@click.argument("index", type=click.Path(path_type=Path, exists=True))
@click.option("--model", type=click.Path(path_type=Path, exists=True))
@click.option("--only", multiple=True, help="Kinds of questions: by_id, by_text, by_picture, explain, match.")
@click.option("--seconds", default=10.0, show_default=True, help="Of each kind.")
@click.option("--connections", default=4, show_default=True)
@click.option(
    "--soak", default=0.0, show_default=True, help="Seconds of asking by id and text, at 80 % of what was measured."
)
@click.option("--exchanges", default=3, show_default=True, help="Newer versions of the index meanwhile.")
@click.option("--paint", is_flag=True, help="The first paint of the page, in chromium.")
def command(
    index: Path,
    model: Path | None,
    only: tuple[str, ...],
    seconds: float,
    connections: int,
    soak: float,
    exchanges: int,
    paint: bool,
) -> None:
    """Measure a server of INDEX."""
    from scripts.benchmarks.serving.askings import askings
    from scripts.benchmarks.serving.load import Soak, measure
    from scripts.benchmarks.serving.started import serving

    with tempfile.TemporaryDirectory() as scratch, serving(index, model) as server:
        told: dict[str, Any] = {"ready_s": round(server.ready_s, 2), "ready_cpu_s": round(server.ready_cpu_s, 2)}
        told["rss_mib"] = server.rss_mib()
        if paint:
            told["first_paint_ms"] = _first_paints(server)
        every = [one for one in askings(index, model, Path(scratch)) if not only or one.name in only]
        for one in every:
            told[one.name] = measure(one, server, seconds, connections)
            click.echo(f"{one.name}: {told[one.name]}", err=True)
        if soak:
            kinds = [one for one in every if one.name in ("by_id", "by_text")]
            requests = list(chain(*zip(*(one.requests for one in kinds), strict=False)))
            each_s = sum(1 / told[one.name]["per_second"] for one in kinds) / len(kinds)
            told["soak"] = Soak(server, requests, 0.8 / each_s, soak).run(connections, exchanges=exchanges)
        told["rss_mib_after"] = server.rss_mib()
    told["query_cold_s"] = _cold(index)
    print(json.dumps({**told, "connections": connections}, indent=1))


def _cold(index: Path) -> list[tuple[float, float]]:
    """Return seconds of `heroic query` by id, by the clock and of processors, each time in a new process, the fastest first."""
    from indexing.product_index import open_index

    ids, taken = open_index(index).catalog.ids, []
    for number in range(COLD):
        words = ["query", str(index), "--id", str(ids[number * 7].as_py()), "--json"]
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "scripts.main", *words], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        taken.append((round(time.perf_counter() - begun, 2), round(cpu_s, 2)))
    return sorted(taken)


def _first_paints(server: "Started") -> list[float]:
    """Return ms to the first paint of the page of searches, as chromium measures it, three times."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/enter")
        page.fill("#token", server.token)
        page.click("button")
        page.wait_for_url(f"http://127.0.0.1:{server.port}/")
        taken = []
        for _ in range(3):
            page.goto(f"http://127.0.0.1:{server.port}/")
            page.wait_for_timeout(500)
            taken.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        browser.close()
    return [round(one, 1) for one in taken]


if __name__ == "__main__":
    command()
