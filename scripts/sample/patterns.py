"""Paint gives the drawings of the sample patterns, shading, marks and labels, on square canvases."""

from __future__ import annotations

from functools import cache, lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from scripts.sample.looks import Look
from scripts.sample.words import Rgb

CANVAS = 384
"""A drawing has this side in pixels; pictures are made smaller, which smooths the edges."""


MARGIN = 24
"""The shading of a part needs so many pixels around it."""


def blend(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Mix two colours, with `share` of the second in the first."""
    mixed = [round(a + (b - a) * share) for a, b in zip(first, second, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def darker(color: Rgb, share: float = 0.35) -> Rgb:
    return blend(color, (0, 0, 0), share)


def lighter(color: Rgb, share: float = 0.35) -> Rgb:
    return blend(color, (255, 255, 255), share)


def ink(color: Rgb) -> Rgb:
    """Return a colour that can be read on a surface of this one."""
    return (245, 245, 245) if sum(color) < 380 else (40, 40, 44)


def new_mask() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    mask = Image.new("L", (CANVAS, CANVAS), 0)
    return mask, ImageDraw.Draw(mask)


def paint(canvas: Image.Image, mask: Image.Image, fill: Image.Image | Rgb) -> None:
    """Fill the mask and give it volume: light from above on the left, a dark rim below on the right."""
    surface = fill if isinstance(fill, Image.Image) else Image.new("RGB", canvas.size, fill)
    canvas.paste(surface, (0, 0), mask)
    left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
    room = (max(0, left - MARGIN), max(0, top - MARGIN), min(CANVAS, right + MARGIN), min(CANVAS, bottom + MARGIN))
    near = mask.crop(room)
    soft = near.filter(ImageFilter.GaussianBlur(9))
    for offset, tone, strength in ((9, 0, 0.45), (-9, 255, 0.4)):
        inside = ImageChops.offset(soft, -offset, -offset)
        rim = ImageChops.multiply(near, ImageChops.invert(inside)).point(_scaled(strength))
        canvas.paste((tone, tone, tone), room, rim)


@cache
def _scaled(share: float) -> tuple[int, ...]:
    return tuple(round(value * share) for value in range(256))


@lru_cache(maxsize=8)
def pattern_of(pattern: str, body: Rgb, accent: Rgb) -> Image.Image:
    """Return a full canvas of one pattern; do not draw on it."""
    image = Image.new("RGB", (CANVAS, CANVAS), body)
    draw = ImageDraw.Draw(image)
    if pattern != "plain":
        _PAINTERS[pattern](image, draw, body, accent)
    return image


def _stripes(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for x in range(20, CANVAS, 72):
        draw.rectangle((x, 0, x + 32, CANVAS), fill=accent)


def _bands(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for y in range(56, CANVAS, 120):
        draw.rectangle((0, y, CANVAS, y + 52), fill=accent)


def _diagonal(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for x in range(-CANVAS, CANVAS, 96):
        draw.polygon([(x, CANVAS), (x + 44, CANVAS), (x + 44 + CANVAS, 0), (x + CANVAS, 0)], fill=accent)


def _dots(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for row, y in enumerate(range(12, CANVAS, 58)):
        for x in range(12 + 34 * (row % 2), CANVAS, 68):
            draw.ellipse((x - 19, y - 19, x + 19, y + 19), fill=accent)


def _check(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for row in range(7):
        for column in range(row % 2, 7, 2):
            draw.rectangle((column * 56, row * 56, column * 56 + 55, row * 56 + 55), fill=accent)


def _waves(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for y in range(-40, CANVAS, 76):
        for x in range(-60, CANVAS, 120):
            draw.arc((x, y, x + 66, y + 66), 0, 180, fill=accent, width=22)
            draw.arc((x + 60, y, x + 126, y + 66), 180, 360, fill=accent, width=22)


def _rings(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for radius in range(36, CANVAS, 64):
        middle = CANVAS // 2 + 20
        draw.ellipse((middle - radius, middle - radius, middle + radius, middle + radius), outline=accent, width=26)


def _halves(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    draw.rectangle((0, CANVAS * 11 // 20, CANVAS, CANVAS), fill=accent)


def _triangles(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for y in range(0, CANVAS, 84):
        for x in range(0, CANVAS, 84):
            draw.polygon([(x, y + 72), (x + 36, y + 4), (x + 72, y + 72)], fill=accent)


def _gradient(image: Image.Image, draw: ImageDraw.ImageDraw, body: Rgb, accent: Rgb) -> None:
    for y in range(CANVAS):
        draw.line((0, y, CANVAS, y), fill=blend(body, accent, min(1.0, max(0.0, 1.6 * y / CANVAS - 0.3))))


_PAINTERS = {
    "stripes": _stripes,
    "bands": _bands,
    "diagonal": _diagonal,
    "dots": _dots,
    "check": _check,
    "waves": _waves,
    "rings": _rings,
    "halves": _halves,
    "triangles": _triangles,
    "gradient": _gradient,
}


def draw_mark(canvas: Image.Image, look: Look, x: int, y: int, size: int, color: Rgb) -> None:
    """Draw the model's mark, centred at (x, y)."""
    draw = ImageDraw.Draw(canvas)
    half = size // 2
    box = (x - half, y - half, x + half, y + half)
    if look.mark == "disc":
        draw.ellipse(box, fill=color)
    elif look.mark == "ring":
        draw.ellipse(box, outline=color, width=max(4, size // 5))
    elif look.mark == "triangle":
        draw.polygon([(x, y - half), (x + half, y + half), (x - half, y + half)], fill=color)
    elif look.mark == "diamond":
        draw.polygon([(x, y - half), (x + half, y), (x, y + half), (x - half, y)], fill=color)
    else:
        _draw_bars(draw, look, x, y, half, color)


def _draw_bars(draw: ImageDraw.ImageDraw, look: Look, x: int, y: int, half: int, color: Rgb) -> None:
    third = max(2, half // 3)
    if look.mark == "cross":
        draw.rectangle((x - half, y - third, x + half, y + third), fill=color)
        draw.rectangle((x - third, y - half, x + third, y + half), fill=color)
        return
    for step in (-1, 0, 1):
        left = x + step * half * 3 // 4 - third // 2
        draw.rectangle((left, y - half + (1 - step) * third, left + third, y + half), fill=color)


@cache
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def draw_label(canvas: Image.Image, text: str, x: int, y: int, size: int, color: Rgb) -> None:
    """Draw a brand's name, centred at (x, y)."""
    ImageDraw.Draw(canvas).text((x, y), text, font=_font(size), fill=color, anchor="mm")
