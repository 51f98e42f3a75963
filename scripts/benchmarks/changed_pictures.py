"""Pictures are changed as shops and customers change them: each change makes another picture of one, by a generator and, for some, a second picture."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

Picture = Image.Image


def _cut(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    """Keep three quarters of each side."""
    width, height = (3 * side // 4 for side in picture.size)
    left, top = (
        int(random.integers(side - kept + 1)) for side, kept in zip(picture.size, (width, height), strict=True)
    )
    return picture.crop((left, top, left + width, top + height))


def _shrunk(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    return picture.resize((max(picture.width // 2, 1), max(picture.height // 2, 1)))


def _recoloured(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    """Turn the hues by a third of the circle: another colour of the same thing."""
    hue, saturation, value = picture.convert("HSV").split()
    return Image.merge("HSV", (hue.point(lambda level: (level + 85) % 256), saturation, value)).convert("RGB")


def _on_a_ground(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    """Put the picture, half its size, anywhere on a ground of one colour."""
    ground = Image.new("RGB", picture.size, tuple(int(level) for level in random.integers(60, 200, size=3)))
    small = _shrunk(picture, random, _)
    ground.paste(small, (int(random.integers(picture.width // 2)), int(random.integers(picture.height // 2))))
    return ground


def _under_a_logo(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    """Lay a shop's badge over a corner: a third of each side."""
    changed = picture.copy()
    pen, (width, height) = ImageDraw.Draw(changed), picture.size
    pen.rectangle((0, 0, width // 3, height // 3), fill="red")
    pen.ellipse((width // 12, height // 12, width // 4, height // 4), fill="yellow")
    return changed


def _in_a_collage(picture: Picture, random: np.random.Generator, other: Picture) -> Picture:
    """Show it beside another picture, twice each."""
    collage = Image.new("RGB", (2 * picture.width, 2 * picture.height), "white")
    for place, shown in enumerate((picture, other, other, picture)):
        collage.paste(shown.resize(picture.size), (place % 2 * picture.width, place // 2 * picture.height))
    return collage


CHANGES: dict[str, Callable[[Picture, np.random.Generator, Picture], Picture]] = {
    "cut": _cut,
    "mirrored": lambda picture, *_: ImageOps.mirror(picture),
    "turned by 90 degrees": lambda picture, *_: picture.rotate(90, expand=True),
    "shrunk": _shrunk,
    "recoloured": _recoloured,
    "on a ground": _on_a_ground,
    "under a logo": _under_a_logo,
    "in a collage": _in_a_collage,
}


def write_changed(files: list[Path], scratch: Path, seed: int) -> None:
    """Write the originals, and each change of them, into a folder of its own, and a catalogue of them."""
    random = np.random.default_rng(seed)
    for name in ("original", *CHANGES):
        (scratch / name).mkdir()
    for number, file in enumerate(files):
        picture, other = (Image.open(one).convert("RGB") for one in (file, files[number - 1]))
        picture.save(scratch / "original" / f"{number}.png")
        for name, change in CHANGES.items():
            change(picture, random, other).save(scratch / name / f"{number}.png")
    rows = "".join(f"{number},{number}.png\n" for number in range(len(files)))
    (scratch / "products.csv").write_text(f"id,image\n{rows}")
