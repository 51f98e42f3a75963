"""What a GPU is wanted for is timed on one, beside the CPU of the same machine: `python -m scripts.benchmarks.gpu [--device cpu]`.

The vectors are made: unit rows near random middles. `index` builds FAISS engines on either and asks them for the neighbours of some rows;
`boost` trains boosters of made features. Prints one JSON object; scripts/benchmarks/gpu.sh runs it with the tests and encoders.
"""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from indexing.arrays import Floats2d

MIDDLES, BLOCK = 20_000, 65_536
K = 50
FEATURES = 134  # as many as a model had when boosting on disk was measured


@click.command()
@click.option("--rows", multiple=True, type=int, default=[1_000_000], show_default=True)
@click.option("--dim", default=512, show_default=True)
@click.option("--asked", default=20_000, show_default=True, help="Rows whose neighbours are asked for.")
@click.option("--index", "factories", multiple=True, default=["Flat", "IVF4096,Flat"], show_default=True)
@click.option(
    "--pairs", default=1_000_000, show_default=True, help="Rows of features that boosters are trained on; 0: none."
)
@click.option("--rounds", default=200, show_default=True)
@click.option("--device", type=click.Choice(["cuda", "cpu"]), default="cuda", show_default=True)
@click.option("--beside/--alone", default=True, show_default=True, help="Also on the CPU.")
def command(
    rows: tuple[int, ...],
    dim: int,
    asked: int,
    factories: tuple[str, ...],
    pairs: int,
    rounds: int,
    device: str,
    beside: bool,
) -> None:
    """Time engines and boosters on a device."""
    devices = [device, "cpu"] if beside and device != "cpu" else [device]
    told: dict[str, Any] = {"dim": dim, "asked": asked, "k": K}
    for size in rows:
        made = made_rows(size, dim)
        told[f"index {size}"] = {
            f"{factory} {on}": _engine(made, factory, on, asked) for factory in factories for on in devices
        }
    if pairs:
        told[f"boost {pairs} x {FEATURES}, {rounds} rounds"] = {on: _boosted(pairs, rounds, on) for on in devices}
    click.echo(json.dumps(told, indent=1))


def made_rows(size: int, dim: int) -> "Floats2d":
    """Return unit rows (size, dim), float32, each near one of the middles."""
    import numpy as np

    generator = np.random.default_rng(0)
    middles = generator.standard_normal((MIDDLES, dim), dtype=np.float32)
    made = np.empty((size, dim), dtype=np.float32)
    for start in range(0, size, BLOCK):
        part = made[start : start + BLOCK]
        generator.standard_normal(out=part, dtype=np.float32)
        part += 1.5 * middles[generator.integers(0, MIDDLES, len(part))]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return made


def _engine(made: "Floats2d", factory: str, device: str, asked: int) -> dict[str, float]:
    """Return seconds of building an engine and of asking it, and the share of the rows that find themselves first."""
    import numpy as np

    from indexing.search.faiss_index import build_faiss
    from indexing.vectors.vectors import from_arrays

    engine, build_s = _timed(lambda: build_faiss(from_arrays(made), factory, device=device))
    places = np.random.default_rng(1).permutation(len(made))[:asked]
    found, search_s = _timed(lambda: engine.search(made[places], K))
    own = float((found.positions[:, 0] == places).mean())
    return {"build_s": build_s, "search_s": search_s, "find_themselves": round(own, 4)}


def _boosted(pairs: int, rounds: int, device: str) -> dict[str, float]:
    """Return seconds of training, and the mean score of matches less that of others."""
    import numpy as np

    from reranking.boosters.boosting import BoostingOptions, boost, predict
    from reranking.boosters.examples import Examples

    generator = np.random.default_rng(0)
    features = generator.standard_normal((pairs, FEATURES), dtype=np.float32)
    targets = (features[:, :8].sum(axis=1) + generator.standard_normal(pairs) > 3).astype(float)  # about one in six
    examples = Examples(features, targets, np.zeros(pairs, dtype=np.int64))
    judged = examples.take(np.arange(min(pairs, 20_000)))
    options = BoostingOptions(max_rounds=rounds, patience=rounds, members=1, device=device)
    members, train_s = _timed(lambda: boost(examples, judged, _apart, options=options, seed=0))
    return {"train_s": train_s, "apart": round(_apart(predict(members, judged.features), judged.targets, None), 4)}


def _apart(scores: Any, targets: Any, _: Any) -> float:
    return float(scores[targets == 1].mean() - scores[targets == 0].mean())


def _timed(run: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    done = run()
    return done, round(time.perf_counter() - begun, 3)


if __name__ == "__main__":
    command()
