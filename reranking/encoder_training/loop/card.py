"""A trained model gets a card for people, the picture of its training, and the rows of both beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from indexing.storage.artefact import heroic_version
from reranking.encoder_training.loop.run import History

WIDTH, HEIGHT, MARGIN = 640, 320, 56
LOSS, METRIC = "#b3462f", "#1f6f8b"
CARD, CURVE = "README.md", "training_curve.svg"


@dataclass(frozen=True)
class Line:
    """A line draws points of one quantity: `epochs` and `values` (n,), against its own axis."""

    name: str
    color: str
    epochs: Sequence[int]
    values: Sequence[float]


def render_curve(title: str, loss: Line, metric: Line, *, kept: int) -> str:
    """Return an SVG with the metric's axis on the left, the loss's on the right, and the `kept` epoch marked."""
    last = max([*loss.epochs, *metric.epochs, 1])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(WIDTH / 2, 20, title, "middle", "#222"),
        _frame(last, kept),
        *_axis(metric, "left"),
        *_axis(loss, "right"),
        _path(metric, last),
        _path(loss, last),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(epoch: float, last: int) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * epoch / last


def _y(value: float, line: Line) -> float:
    low, high = _range(line)
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (value - low) / (high - low)


def _range(line: Line) -> tuple[float, float]:
    if not line.values:
        return 0.0, 1.0
    low, high = min(line.values), max(line.values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _frame(last: int, kept: int) -> str:
    bottom, at = HEIGHT - MARGIN, _x(kept, last)
    ticks = sorted({round(last * part / 8) for part in range(9)})
    labels = [_text(_x(epoch, last), bottom + 18, str(epoch), "middle", "#444") for epoch in ticks]
    return "\n".join(
        [
            f'<path d="M{MARGIN} {MARGIN}V{bottom}H{WIDTH - MARGIN}V{MARGIN}" fill="none" stroke="#bbb"/>',
            f'<line x1="{at:.1f}" y1="{MARGIN}" x2="{at:.1f}" y2="{bottom}" stroke="#999" stroke-dasharray="4 4"/>',
            *labels,
            _text(WIDTH / 2, HEIGHT - 14, f"epoch (kept: {kept})", "middle", "#444"),
        ]
    )


def _axis(line: Line, side: str) -> list[str]:
    x, anchor = (MARGIN - 8, "end") if side == "left" else (WIDTH - MARGIN + 8, "start")
    low, high = _range(line)
    values = [low + (high - low) * part / 4 for part in range(5)]
    name = _text(x if side == "right" else MARGIN, MARGIN - 12, line.name, "end" if side == "right" else "start",
                 line.color)  # fmt: skip
    return [name, *(_text(x, _y(value, line) + 4, f"{value:.3g}", anchor, line.color) for value in values)]


def _path(line: Line, last: int) -> str:
    if not line.values:
        return ""
    points = [(_x(e, last), _y(v, line)) for e, v in zip(line.epochs, line.values, strict=True)]
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.color}"/>' for x, y in points)
    return f'<polyline points="{drawn}" fill="none" stroke="{line.color}" stroke-width="2"/>{dots}'


def _text(x: float, y: float, text: str, anchor: str, color: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{escape(text)}</text>'


@dataclass(frozen=True)
class TrainingCard:
    """A card describes a trained model: `purpose` and `loss` are sentences; `data` and `settings` name: value; `use`
    is a block of commands."""

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
        """Return the card as Markdown."""
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
    """Return the picture of a training as SVG."""
    learnt = [epoch for epoch in history.epochs if epoch.loss is not None]
    losses = Line("loss", LOSS, [epoch.number for epoch in learnt], [float(epoch.loss or 0.0) for epoch in learnt])
    numbers, values = [epoch.number for epoch in history.epochs], [epoch.metric for epoch in history.epochs]
    return render_curve(title, losses, Line(metric, METRIC, numbers, values), kept=history.best.number)


def stored_history(history: History) -> dict[str, Any]:
    """Return the training curve for a manifest (JSON)."""
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
