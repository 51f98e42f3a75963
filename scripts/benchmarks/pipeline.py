"""Ratios of one run measure speed and memory of the main job: `python -m scripts.benchmarks.pipeline [--data DIR]`.

DATA holds products.parquet and pairs_{train,valid,test}.parquet; without it a sample is made. The last line is one
JSON object: `features_pairs_per_s` (all families), `score_peak_mib_200k` and `score_peak_mib_2m` (of `heroic score`),
`dense_join_ratio` (to FAISS alone on the same vectors), `lexical_join_ratio` (to sparse_dot_topn alone), `help_ratio`
(of `heroic --help` to an empty Python), and the seconds of each step.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.scoring import distinct_pairs, measure_scoring

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex

REPEATS = 3


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="A folder of products and pairs.")
@click.option("--pairs", nargs=2, type=int, default=(200_000, 2_000_000), show_default=True, help="Sizes scored.")
def command(data: Path | None, pairs: tuple[int, int]) -> None:
    """Measure the main job on DATA."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        folder = data or _sample(work)
        measured: dict[str, float] = {"help_ratio": _help_ratio()}
        measured |= _steps(folder, work)
        from indexing.product_index import open_index

        index = open_index(work / "index")
        measured["dense_join_ratio"] = _dense_join_ratio(index)
        measured["lexical_join_ratio"] = _lexical_join_ratio(index)
        measured["features_pairs_per_s"] = _features_per_s(index)
        for name, count in zip(("200k", "2m"), pairs, strict=True):
            run = measure_scoring(work / "index", work / "model", work, count)
            measured[f"score_peak_mib_{name}"] = run.peak_mib
            measured[f"score_pairs_per_s_{name}"] = run.pairs_per_s
        for name, value in measured.items():
            click.echo(f"{name:>24} {value:,.2f}")
        click.echo(json.dumps({name: round(value, 3) for name, value in measured.items()}))


def _sample(work: Path) -> Path:
    from scripts.make_sample import make_sample

    make_sample(work / "sample", schema="generic")
    return work / "sample"


def _best(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the shortest of some runs, in seconds."""
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def _help_ratio() -> float:
    ours = [str(Path(sys.executable).with_name("heroic")), "--help"]
    bare = [sys.executable, "-c", "pass"]
    return _best(lambda: _quiet(ours), 7) / _best(lambda: _quiet(bare), 7)


def _quiet(words: Sequence[str]) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _steps(folder: Path, work: Path) -> dict[str, float]:
    """Return the seconds of each command on the whole of the data."""
    index, model, scores = work / "index", work / "model", work / "scores.parquet"
    test = folder / "pairs_test.parquet"
    train, valid = folder / "pairs_train.parquet", folder / "pairs_valid.parquet"
    commands: dict[str, list[object]] = {
        "build-index": [folder / "products.parquet", "--out", index],
        "train": [index, train, "--valid", valid, "--out", model],
        "score": [index, test, "--model", model, "--out", scores],
        "evaluate": [scores, "--truth", test, "--index", index, "--model", model, "--out", work / "report"],
    }
    heroic = str(Path(sys.executable).with_name("heroic"))
    return {
        f"{name}_s": _best(lambda words=words, name=name: _quiet([heroic, name, *map(str, words)]), 1)  # type: ignore[misc]
        for name, words in commands.items()
    }


def _dense_join_ratio(index: "ProductIndex") -> float:
    """Compare the self-join by which builds find all neighbours in the main view with FAISS's search of the same rows for as many."""
    import numpy as np

    from indexing.join.self_join import list_length
    from indexing.vectors.row_blocks import loaded_faiss
    from scripts.benchmarks.index import join_rows

    rows = index.rows(index.main_view)
    vectors = np.ascontiguousarray(rows.take(np.arange(len(rows))))
    flat = loaded_faiss().IndexFlatIP(rows.dim)
    flat.add(vectors)
    kept = list_length(index.k, len(rows))

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            join_rows(rows, kept, Path(folder))

    return _interleaved(ours, lambda: flat.search(vectors, kept + 1))


def _lexical_join_ratio(index: "ProductIndex") -> float:
    """Compare our lexical self-join with sparse_dot_topn's product of the same matrix."""
    from sparse_dot_topn import sp_matmul_topn

    from indexing.join.self_join import SelfJoin, SparseRows

    lexical = index.lexical
    if lexical is None:
        raise click.ClickException("the index has no lexical view")
    matrix, transposed = lexical.matrix, lexical.matrix.T.tocsr()
    ours = SelfJoin(lexical, SparseRows(lexical), index.k)
    return _interleaved(
        lambda: ours.write(index.folder / "bench", stage=""),
        lambda: sp_matmul_topn(matrix, transposed, top_n=index.k + 1, sort=True, n_threads=lexical.threads),
    )


def _interleaved(ours: Callable[[], object], theirs: Callable[[], object]) -> float:
    """Return the shortest of ours to the shortest of theirs, run in turn so that both see the same machine."""
    taken = [(_best(ours, 1), _best(theirs, 1)) for _ in range(REPEATS)]
    return min(own for own, _ in taken) / min(other for _, other in taken)


def _features_per_s(index: "ProductIndex", count: int = 200_000) -> float:
    import numpy as np

    from reranking.signals.signals import prepare_signals

    left, right = distinct_pairs(index, count)
    signals = prepare_signals(index, np.union1d(left, right))
    return count / _best(lambda: signals.compute_all(left, right, stage=""))


if __name__ == "__main__":
    command()
