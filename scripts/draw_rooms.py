"""The picture of the rooms is drawn from the code's own imports: `python -m scripts.write_docs` puts it into
docs/rooms.svg."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path

PACKAGES = {
    "scripts": "#7a5195",
    "eval": "#b5495b",
    "reranking": "#2f6f9f",
    "indexing": "#3d7a4a",
}  # from the roof down
WIDTH, BOX, ROW, BAND, MARGIN = 1240, 30, 46, 70, 16  # pixels
CHAR, PAD = 7.0, 14

Rooms = Mapping[str, frozenset[str]]  # by room, the rooms that it imports


def read_rooms(root: Path) -> dict[str, frozenset[str]]:
    """Read which rooms the packages under `root` have, and which other rooms each imports.

    A room is a folder directly in a package, or a module that stands there alone; imports inside functions count.
    """
    files = {path: _room_of(path.relative_to(root)) for package in PACKAGES for path in (root / package).rglob("*.py")}
    rooms = sorted({room for room in files.values() if room is not None})
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for path, room in sorted(files.items()):
        if room is not None:
            found[room] |= {other for name in _imports(path) if (other := _known(name, rooms)) and other != room}
    return {room: frozenset(others) for room, others in found.items()}


def draw_rooms(rooms: Rooms) -> str:
    """Return the SVG: a band a package, the ground floor at the bottom left; a line leads from a room, to the left or down, to
    each that it imports.

    What a room reaches through another one that it imports has no line of its own, nor has what scripts/ imports of the
    other packages: its commands call all of them.
    """
    plan = Plan(rooms)
    lines = [
        _line(plan, room, other) for room in rooms for other in sorted(plan.direct[room]) if _is_drawn(room, other)
    ]
    bands = [_band(plan, package, colour) for package, colour in PACKAGES.items()]
    boxes = [_box(plan, room) for room in rooms]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {plan.height}" font-family="sans-serif" '
        'font-size="13" role="img" aria-label="The rooms of Heroic and which imports which">'
    )
    return "\n".join(
        [head, f'<rect width="{WIDTH}" height="{plan.height}" fill="#fff"/>', *bands, *lines, *boxes, "</svg>", ""]
    )


@dataclass(frozen=True)
class Plan:
    """A plan says where each room stands."""

    rooms: Rooms

    @cached_property
    def direct(self) -> dict[str, set[str]]:
        """Return, by room, the rooms that it imports and does not reach through another one."""
        return {
            room: {other for other in others if not any(other in self._reached[near] for near in others - {other})}
            for room, others in self.rooms.items()
        }

    @cached_property
    def _reached(self) -> dict[str, set[str]]:
        reached: dict[str, set[str]] = {}

        def reach(room: str) -> set[str]:
            if room not in reached:
                reached[room] = set(self.rooms[room]).union(*map(reach, self.rooms[room]))
            return reached[room]

        for room in self.rooms:
            reach(room)
        return reached

    @cached_property
    def columns(self) -> dict[str, list[list[str]]]:
        """Return, by package, its rooms in columns: each to the right of all rooms of the package that it imports."""
        found: dict[str, list[list[str]]] = {}
        for package in PACKAGES:
            own = [room for room in self.rooms if room.partition(".")[0] == package]
            floor: dict[str, int] = {}
            for room in sorted(own, key=lambda room: len(self._reached[room])):
                floor[room] = 1 + max((floor[near] for near in self.rooms[room] if near in floor), default=-1)
            found[package] = [
                sorted(room for room in own if floor[room] == level) for level in range(max(floor.values()) + 1)
            ]
        return found

    @cached_property
    def places(self) -> dict[str, tuple[float, float, float]]:
        """Return, by room, the left and the top of its box, and its width."""
        found: dict[str, tuple[float, float, float]] = {}
        y = float(MARGIN)
        for columns in self.columns.values():
            tallest = max(map(len, columns))
            widths = [max(len(_title(room)) for room in column) * CHAR + PAD for column in columns]
            free = (WIDTH - 2 * MARGIN - sum(widths)) / (len(columns) + 1)
            x = MARGIN + free
            for column, width in zip(columns, widths, strict=True):
                top = y + BAND / 2 + (tallest - len(column)) * ROW / 2
                found |= {room: (x, top + place * ROW, width) for place, room in enumerate(column)}
                x += width + free
            y += tallest * ROW + BAND
        return found

    @cached_property
    def bands(self) -> dict[str, tuple[float, float]]:
        """Return, by package, the top and the height of its band."""
        found: dict[str, tuple[float, float]] = {}
        y = float(MARGIN)
        for package, columns in self.columns.items():
            height = max(map(len, columns)) * ROW + BAND
            found[package] = (y, height - MARGIN)
            y += height
        return found

    @cached_property
    def height(self) -> int:
        """Return the height of the whole picture, in pixels."""
        return int(max(y + height for y, height in self.bands.values()) + MARGIN)


def _room_of(path: Path) -> str | None:
    """Return the room that a file stands in; the package itself is none."""
    if path.parts[1:] in ((), ("__init__.py",)):
        return None
    return f"{path.parts[0]}.{path.parts[1].removesuffix('.py')}"


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def _known(name: str, rooms: list[str]) -> str | None:
    room = ".".join(name.split(".")[:2])
    return room if room in rooms else None


def _title(room: str) -> str:
    return room.partition(".")[2]


def _band(plan: Plan, package: str, colour: str) -> str:
    y, height = plan.bands[package]
    return (
        f'<rect x="{MARGIN}" y="{y:.0f}" width="{WIDTH - 2 * MARGIN}" height="{height:.0f}" rx="10" fill="{colour}" '
        f'fill-opacity="0.08"/><text x="{MARGIN + 12}" y="{y + 20:.0f}" fill="{colour}" font-weight="bold">{package}/</text>'
    )


def _box(plan: Plan, room: str) -> str:
    x, y, width = plan.places[room]
    colour = PACKAGES[room.partition(".")[0]]
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{BOX}" rx="6" fill="#fff" stroke="{colour}" '
        f'stroke-width="1.5"/><text x="{x + width / 2:.0f}" y="{y + 20:.0f}" text-anchor="middle" fill="#222">'
        f"{escape(_title(room))}</text>"
    )


def _is_drawn(room: str, other: str) -> bool:
    return not room.startswith("scripts.") or other.startswith("scripts.")


def _line(plan: Plan, room: str, other: str) -> str:
    """Draw a line from a room to one that it imports, with a dot at its end: from side to side within a package, else
    down."""
    (x, y, width), (to_x, to_y, to_width) = plan.places[room], plan.places[other]
    colour = PACKAGES[room.partition(".")[0]]
    if room.partition(".")[0] == other.partition(".")[0]:
        begin, end = (x, y + BOX / 2), (to_x + to_width, to_y + BOX / 2)
        middle = (begin[0] + end[0]) / 2
        bends = [(middle, begin[1]), (middle, end[1])]
    else:
        begin, end = (x + width / 2, y + BOX), (to_x + to_width / 2, to_y)
        middle = (begin[1] + end[1]) / 2
        bends = [(begin[0], middle), (end[0], middle)]
    curve = " ".join(f"{px:.0f},{py:.0f}" for px, py in [*bends, end])
    return (
        f'<path d="M{begin[0]:.0f},{begin[1]:.0f} C{curve}" fill="none" stroke="{colour}" stroke-opacity="0.5"/>'
        f'<circle cx="{end[0]:.0f}" cy="{end[1]:.0f}" r="2.5" fill="{colour}"/>'
    )
