"""One index is built by this process, by processes of this machine, or by Ray, and what each stage takes is printed."""

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.benchmarks.cluster.watched import MIB, StageTaken, Watch, WatchedRunner, children_of, ray_workers

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from indexing.build.options import BuildOptions

WORDS, CATEGORIES = 20_000, 300


@click.command()
@click.option("--products", default=200_000, show_default=True)
@click.option(
    "--catalogue", type=click.Path(path_type=Path, exists=True), help="Texts of a file, in place of made products."
)
@click.option("--dim", default=64, show_default=True, help="Dimensions of the vectors that products have.")
@click.option("--groups", default=5_000, show_default=True, help="Middles that the vectors are near.")
@click.option("--texts", is_flag=True, help="Encode and join texts by lsa and n-grams instead of the vectors.")
@click.option("--join", default="lists", show_default=True, type=click.Choice(["auto", "lists", "exact"]))
@click.option("--memory", default="4G", show_default=True, help="As `heroic build-index` is given it.")
@click.option("--windows", type=int, help="Windows of a join [default: as a build has them].")
@click.option("--on", default="local:2", show_default=True, metavar="here|local:N|ray:N", help="Who builds.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to build, and what is there is gone on with.")
@click.option("--json", "as_json", is_flag=True)
def main(
    products: int,
    catalogue: Path | None,
    dim: int,
    groups: int,
    texts: bool,
    join: str,
    memory: str,
    windows: int | None,
    on: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Build an index of made products, and print what each stage takes."""
    from indexing.join.parts import window_parts

    if windows:
        window_parts.WINDOWS, window_parts.WINDOW_COSINES = windows, 1
    with tempfile.TemporaryDirectory() as scratch:
        where = folder or Path(scratch)
        where.mkdir(parents=True, exist_ok=True)
        source = catalogue or where / f"products-{products}.parquet"
        if not source.exists():
            write_products(source, products, dim, groups)
        options = _options(texts or catalogue is not None, join, memory)
        stages = _built(source, where / f"index-{on.replace(':', '-')}", on, options)
    if as_json:
        click.echo(json.dumps({name: vars(stage) for name, stage in stages.items()}))
    else:
        _print(stages)


def write_products(path: Path, products: int, dim: int, groups: int) -> None:
    """Write products with titles of words as rare as words are, a category, and vectors near the middles of groups, which are near
    those of categories: three in a hundred have those of another product."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(0)
    category = generator.integers(0, CATEGORIES, groups)
    middles = generator.normal(size=(CATEGORIES, dim))[category] + 0.7 * generator.normal(size=(groups, dim))
    group = generator.integers(0, groups, products)
    rows = (middles[group] + 0.8 * generator.normal(size=(products, dim))).astype(np.float32)
    same = generator.random(products) < 0.03
    rows[same] = rows[generator.integers(0, products, int(same.sum()))]
    columns = {
        "id": np.arange(products),
        "title": _titles(generator, products),
        "v": pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), dim),
        "category": [f"a/b/c{number}" for number in category[group].tolist()],
    }
    pq.write_table(pa.table(columns), path, row_group_size=65_536)


def _titles(generator: "np.random.Generator", products: int) -> list[str]:
    import numpy as np

    letters = np.array(list("aeioubdfgklmnprst"))
    words = np.array(["".join(generator.choice(letters, generator.integers(3, 9))) for _ in range(WORDS)])
    ranks: npt.NDArray[np.int64] = np.minimum(generator.zipf(1.3, (products, 6)), WORDS) - 1
    codes = generator.integers(0, 10**5, products)
    return [f"{' '.join(title)} {code}" for title, code in zip(words[ranks].tolist(), codes.tolist(), strict=True)]


def _options(texts: bool, join: str, memory: str) -> "BuildOptions":
    from indexing.build.options import BuildOptions
    from indexing.encoders.options import EncodingOptions
    from indexing.join.options import JoiningOptions

    text = "lsa" if texts else "column:v"
    return BuildOptions(
        encoding=EncodingOptions(text_encoder=text, image_encoder="none", text_fields=("title",)),
        joining=JoiningOptions(join=join, index="auto", memory=memory),
        lexical=texts,
        overwrite=True,
    )


def _built(catalogue: Path, out: Path, on: str, options: "BuildOptions") -> dict[str, StageTaken]:
    """Return what each stage of a build took."""
    import os

    from indexing.build.build_index import build_index

    workers = ray_workers if on.startswith("ray") else lambda: children_of(os.getpid())
    watch = Watch(workers, lambda name, stage: click.echo(_line(name, stage), err=True))
    with _runner(on) as runner, watch.watching():
        build_index(
            [catalogue],
            out,
            options=options,
            progress=lambda stage, *_: watch.enter(stage) if not runner.apart else _tell(watch, stage),
            runner=WatchedRunner(runner, watch),
        )
    return watch.stages


def _tell(watch: Watch, stage: str) -> None:
    """Enter a stage of the command, unless workers tell of one that is watched by its work."""
    if not stage.startswith(("encode", "join", "compare")):
        watch.enter(stage)


def _runner(on: str) -> Any:
    """Return a context of the runner that is named; a Ray of our own listens at 127.0.0.2."""
    from indexing.running.choice import chosen_runner
    from scripts.benchmarks.cluster.own_ray import own_ray

    kind, _, number = on.partition(":")
    if kind == "ray":
        return own_ray(int(number))
    return chosen_runner(None if kind == "here" else on)


def _print(stages: dict[str, StageTaken]) -> None:
    click.echo(
        f"{'stage':28} {'s':>7} {'cpu s':>7} {'written':>9} {'command':>9} {'mapped':>8} {'worker':>8} {'mapped':>8} MiB"
    )
    for name, stage in stages.items():
        if name:
            click.echo(_line(name, stage))
    click.echo(f"{'all':28} {sum(stage.seconds for stage in stages.values()):7.1f}", file=sys.stdout)


def _line(name: str, stage: StageTaken) -> str:
    sizes = (
        stage.written,
        stage.command_anonymous,
        stage.command_resident,
        stage.worker_anonymous,
        stage.worker_resident,
    )
    told = " ".join(f"{size / MIB:>{width}.0f}" for size, width in zip(sizes, (9, 9, 8, 8, 8), strict=True))
    return f"{name:28} {stage.seconds:7.1f} {stage.cpu_seconds:7.1f} {told}"
