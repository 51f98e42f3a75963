"""Trainings of encoders share their options, the model to start from, the data, and what they say at their end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scripts.commands.pairs_to_learn import PairsToLearn, reject_options
from scripts.terminal.option_types import SEED
from scripts.terminal.reading import warn

if TYPE_CHECKING:
    from indexing.encoders.model_source import ModelSource
    from indexing.product_index import ProductIndex
    from reranking.encoder_training.loop.run import History, RunOptions
    from reranking.pairs.labelled import LabelledPairs

Command = TypeVar("Command", bound=Callable[..., Any])
Trained = TypeVar("Trained")


@dataclass(frozen=True)
class Asked:
    """It says what a user asks of a training, whichever model it is of."""

    index: Path
    pairs: tuple[Path, ...]
    out: Path
    valid: Path | None
    epochs: int
    patience: int
    minutes: float | None
    seed: int
    device: str
    resume: bool
    ids: tuple[str, str] | None
    target: str | None
    max_rejects: float
    rejects: Path | None

    def run_options(self) -> "RunOptions":
        """Return the options of the run. Raises InputError for values that cannot be."""
        from reranking.encoder_training.loop.run import RunOptions

        return RunOptions(self.epochs, self.patience, self.minutes)

    def read(self) -> "TrainingData":
        """Read the index and the pairs. Raises InputError for those that cannot be read."""
        from indexing.product_index import open_index

        wanted = PairsToLearn(self.ids, self.target, self.max_rejects, self.rejects)
        opened = open_index(self.index)
        return TrainingData(self, opened, *wanted.read(self.pairs, self.valid, opened.catalog))


@dataclass(frozen=True)
class TrainingData:
    """It holds what was `asked`, the index opened and its labelled pairs read."""

    asked: Asked
    index: "ProductIndex"
    pairs: "LabelledPairs"
    valid: "LabelledPairs | None"

    def train(self, train: Callable[..., Trained]) -> Trained:
        """Return what comes of one of the library's trainings on these pairs; its progress is told on stderr."""
        from indexing.machine.device import torch_devices
        from scripts.terminal.progress import shown

        asked = self.asked
        with shown() as progress:
            return train(
                self.index,
                self.pairs,
                self.valid,
                out=asked.out,
                device=torch_devices(asked.device)[0],
                resume=asked.resume,
                progress=progress,
                tell=lambda line: click.echo(line, err=True),
            )


def pairs_arguments(command: Command) -> Command:
    """Give a command the arguments INDEX PAIRS..."""
    command = click.argument("pairs", nargs=-1, required=True, type=click.Path(path_type=Path))(command)
    return click.argument("index", type=click.Path(path_type=Path))(command)


def out_options(what: str) -> Callable[[Command], Command]:
    """Give a command --out, the folder of `what`, and --valid."""
    folder = click.option("--out", required=True, type=click.Path(path_type=Path), help=f"The folder of the {what}.")
    valid = click.option(
        "--valid", type=click.Path(path_type=Path), help="Validation pairs [default: groups held out of PAIRS]."
    )
    return lambda command: folder(valid(command))


def closing_options(command: Command) -> Command:
    """Give a command the options that the help ends with: from --seed to --target, and those of rejects."""
    for option in (
        reject_options,
        click.option("--target", help="Target column, where it has a name of its own."),
        click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns, where they have names of their own."),
        click.option("--resume", is_flag=True, help="Go on from where the same training was cut short."),
        click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"])),
        click.option("--seed", default=0, show_default=True, type=SEED),
    ):
        command = option(command)
    return command


def base_model(text: str) -> "ModelSource":
    """Find the model of `--base st:NAME`, also without `st:`. Raises InputError for one that cannot be had."""
    from indexing.encoders.encoder import Spec
    from indexing.encoders.model_source import find_model
    from indexing.errors import InputError

    spec = Spec.of(text)
    if spec.engine in ("static", "clip", "clip-text", "lsa"):
        raise InputError(f"--base {text}: a sentence-transformers model is needed: st:NAME or st:FOLDER")
    return find_model(spec.name if spec.engine == "st" else text)


def need_packages(what: str) -> None:
    """Raise InputError, naming the extra, when the packages that trainings need are not installed."""
    from importlib.util import find_spec

    from indexing.encoders.model_source import missing
    from indexing.errors import InputError

    if find_spec("sentence_transformers") is None:
        raise InputError(missing(what))


def show_recall(history: "History") -> None:
    """Print how much better the validation matches are found than before; warn where no epoch made it better."""
    best, first = history.best, history.epochs[0]
    click.echo(
        f"validation recall@10: {first.metric:.4f} as it came, {best.metric:.4f} after epoch {best.number}; "
        f"ended after {history.ended}, {history.epochs[-1].seconds / 60:.0f} min"
    )
    if not best.number:
        warn(["no epoch was better than the model as it came, which this is"])
