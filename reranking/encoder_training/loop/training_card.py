"""What is written beside a trained model: a card for people, the picture of its training, and the rows of both."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexing.storage.artefact import heroic_version
from reranking.encoder_training.loop.card import LOSS, METRIC, Line, render_curve
from reranking.encoder_training.loop.run import History

CARD, CURVE = "README.md", "training_curve.svg"


@dataclass(frozen=True)
class TrainingCard:
    """`purpose` and `loss` are sentences; `data` and `settings` name: value; `use` is a block of commands."""

    title: str
    purpose: str
    base: str
    data: Mapping[str, Any]
    loss: str
    metric: str
    settings: Mapping[str, Any]
    use: str
    limits: str

    def write(self, folder: Path, history: History) -> None:
        """Write the card and the curve into a model's folder."""
        (folder / CURVE).write_text(curve_of(self.title, self.metric, history), encoding="utf-8")
        (folder / CARD).write_text(self.render(history), encoding="utf-8")

    def render(self, history: History) -> str:
        """Markdown."""
        best = history.best
        parts = [
            f"# {self.title}",
            f"{self.purpose} Trained by heroic {heroic_version()} from {self.base}.",
            f"## Result\n\n{self.metric} on the validation pairs: {history.epochs[0].metric:.4f} as it came, "
            f"**{best.metric:.4f}** after epoch {best.number}, whose weights these are. "
            f"The training ended after {history.ended}.",
            f"![loss and {self.metric} by epoch]({CURVE})",
            _epochs(self.metric, history),
            f"## Data\n\n{_table(self.data)}",
            f"## Loss\n\n{self.loss}",
            f"## Settings\n\n{_table(self.settings)}",
            f"## Use\n\n```\n{self.use}\n```",
            f"## Limits\n\n{self.limits}",
        ]
        return "\n\n".join(parts) + "\n"


def curve_of(title: str, metric: str, history: History) -> str:
    """The picture of a training, SVG."""
    learnt = [epoch for epoch in history.epochs if epoch.loss is not None]
    losses = Line("loss", LOSS, [epoch.number for epoch in learnt], [float(epoch.loss or 0.0) for epoch in learnt])
    numbers, values = [epoch.number for epoch in history.epochs], [epoch.metric for epoch in history.epochs]
    return render_curve(title, losses, Line(metric, METRIC, numbers, values), kept=history.best.number)


def stored_history(history: History) -> dict[str, Any]:
    """For a manifest (JSON)."""
    return {"epochs": [asdict(epoch) for epoch in history.epochs], "ended": history.ended, "kept": history.best.number}


def _epochs(metric: str, history: History) -> str:
    rows = [
        f"| {epoch.number} | {'' if epoch.loss is None else f'{epoch.loss:.4f}'} | {epoch.metric:.4f} | "
        f"{epoch.seconds / 60:.1f} |"
        for epoch in history.epochs
    ]
    return "\n".join([f"| epoch | loss | {metric} | minutes |", "|---|---|---|---|", *rows])


def _table(values: Mapping[str, Any]) -> str:
    rows = [f"| {name} | {_cell(value)} |" for name, value in values.items()]
    return "\n".join(["| | |", "|---|---|", *rows])


def _cell(value: Any) -> str:
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text.replace("|", "\\|")
