"""The picture of a training: loss and metric by epoch, as SVG, which every browser shows and no library is needed for."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 640, 320, 56
LOSS, METRIC = "#b3462f", "#1f6f8b"


@dataclass(frozen=True)
class Line:
    """Points of one quantity: `epochs` and `values` (n,), drawn against its own axis."""

    name: str
    color: str
    epochs: Sequence[int]
    values: Sequence[float]


def render_curve(title: str, loss: Line, metric: Line, *, kept: int) -> str:
    """An SVG with the metric's axis on the left, the loss's on the right, and the epoch that was `kept` marked."""
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
