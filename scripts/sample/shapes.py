"""Eight shapes stand for the sample's kinds of products, drawn large from a look."""

from __future__ import annotations

from PIL import Image, ImageDraw

from scripts.sample.looks import Look
from scripts.sample.patterns import (
    CANVAS,
    blend,
    darker,
    draw_label,
    draw_mark,
    ink,
    lighter,
    new_mask,
    paint,
    pattern_of,
)
from scripts.sample.words import Rgb

STEEL: Rgb = (186, 190, 196)
GRAPHITE: Rgb = (46, 48, 54)
MIDDLE = CANVAS // 2


def draw(look: Look) -> Image.Image:
    """Draw the product on a transparent square, CANVAS pixels a side."""
    colors = Image.new("RGBA", (CANVAS, CANVAS), (0, 0, 0, 0))
    _SHAPES[look.kind](colors, look)
    return colors


def _surface(look: Look) -> Image.Image:
    return pattern_of(look.pattern, look.body, look.accent)


def _rounded(
    canvas: Image.Image, box: tuple[float, float, float, float], radius: float, fill: Image.Image | Rgb
) -> None:
    mask, pen = new_mask()
    pen.rounded_rectangle(box, radius, fill=255)
    paint(canvas, mask, fill)


def _oval(canvas: Image.Image, box: tuple[float, float, float, float], fill: Image.Image | Rgb) -> None:
    mask, pen = new_mask()
    pen.ellipse(box, fill=255)
    paint(canvas, mask, fill)


def _draw_cable(canvas: Image.Image, look: Look) -> None:
    """Draw a coil with two plugs."""
    width, height = 118 + 40 * look.form[0], 84 + 50 * look.form[1]
    thick = round(16 + 14 * look.form[2])
    mask, pen = new_mask()
    for turn in range(3):
        grow = turn * (thick + 3)
        pen.ellipse(
            (MIDDLE - width + grow, 170 - height + grow, MIDDLE + width - grow, 170 + height - grow),
            outline=255,
            width=thick,
        )
    for side in (-1, 1):
        pen.line([(MIDDLE + side * width * 0.8, 190), (MIDDLE + side * 80, 318)], fill=255, width=thick)
    paint(canvas, mask, _surface(look))
    for side in (-1, 1):
        x = MIDDLE + side * 78
        _rounded(canvas, (x - 26, 282, x + 26, 338), 8 + 10 * look.form[3], look.body)
        _rounded(canvas, (x - 17, 336, x + 17, 364), 3, STEEL if look.form[3] < 0.6 else (214, 178, 96))
        draw_mark(canvas, look, x, 310, 24, ink(look.body))
    _rounded(canvas, (MIDDLE - 58, 150, MIDDLE + 58, 192), 6, look.accent)
    draw_label(canvas, look.label, MIDDLE, 171, 26, ink(look.accent))


def _draw_case(canvas: Image.Image, look: Look) -> None:
    """Draw a phone case from behind, with the hole for the camera."""
    half = 84 + 22 * look.form[0]
    box = (MIDDLE - half, 18, MIDDLE + half, CANVAS - 18)
    _rounded(canvas, box, 26 + 22 * look.form[1], _surface(look))
    left = MIDDLE - half + 16 if look.form[2] < 0.6 else MIDDLE - 42
    tall = 84 + 40 * look.form[3]
    _rounded(canvas, (left, 36, left + 84, 36 + tall), 24, darker(look.body, 0.6))
    for lens in range(2):
        y = 48 + lens * (tall - 60)
        _oval(canvas, (left + 20, y, left + 60, y + 40), GRAPHITE)
    plate = lighter(look.body, 0.15)
    _rounded(canvas, (MIDDLE - 58, 286, MIDDLE + 58, 338), 10, plate)
    draw_mark(canvas, look, MIDDLE - 38, 312, 26, ink(plate))
    draw_label(canvas, look.label[:5], MIDDLE + 14, 312, 22, ink(plate))


def _draw_phone(canvas: Image.Image, look: Look) -> None:
    """Draw the back in the model's colour and the screen before it."""
    radius = 14 + 24 * look.form[0]
    _rounded(canvas, (52, 22, 232, 352), radius, _surface(look))
    _draw_lenses(canvas, look)
    draw_mark(canvas, look, 96, 300, 36, ink(look.body))
    draw_label(canvas, look.label[:5], 98, 332, 20, ink(look.body))
    _rounded(canvas, (158, 40, 336, 368), radius, GRAPHITE)
    wallpaper = pattern_of("gradient", lighter(look.body, 0.2), look.accent)
    _rounded(canvas, (166, 48, 328, 360), max(4.0, radius - 8), wallpaper)
    pen = ImageDraw.Draw(canvas)
    if look.form[2] < 0.5:
        pen.ellipse((240, 56, 254, 70), fill=GRAPHITE)
    else:
        pen.rounded_rectangle((218, 54, 276, 68), 7, fill=GRAPHITE)


def _draw_lenses(canvas: Image.Image, look: Look) -> None:
    lenses = 2 + int(look.form[1] * 3)
    if look.form[3] < 0.5:
        _rounded(canvas, (64, 36, 112, 44 + 40 * lenses), 18, darker(look.body, 0.25))
        places = [(88, 62 + 40 * lens) for lens in range(lenses)]
    else:
        _rounded(canvas, (64, 36, 148, 120), 24, darker(look.body, 0.25))
        places = [(86 + 40 * (lens % 2), 58 + 40 * (lens // 2)) for lens in range(lenses)]
    for x, y in places:
        _oval(canvas, (x - 17, y - 17, x + 17, y + 17), (24, 26, 32))


def _draw_headphones(canvas: Image.Image, look: Look) -> None:
    """Draw headphones over the ears, or a pair of buds in their box."""
    if look.form[0] < 0.6:
        _draw_headband(canvas, look)
    else:
        _draw_buds(canvas, look)


def _draw_headband(canvas: Image.Image, look: Look) -> None:
    thick = round(20 + 20 * look.form[1])
    top = 26 + 36 * look.form[2]
    mask, pen = new_mask()
    pen.arc((64, top, CANVAS - 64, top + 330), 180, 360, fill=255, width=thick)
    paint(canvas, mask, look.accent if look.form[3] > 0.5 else look.body)
    wide, tall = 56 + 20 * look.form[3], 128 + 40 * look.form[1]
    for side in (-1, 1):
        x = MIDDLE + side * 122
        cushion = x - side * 34
        _rounded(canvas, (cushion - 26, 256 - tall / 2, cushion + 26, 256 + tall / 2), 24, GRAPHITE)
        _rounded(canvas, (x - wide / 2, 248 - tall / 2, x + wide / 2, 264 + tall / 2), 30, _surface(look))
        draw_mark(canvas, look, x, 256, 34, ink(look.body))
    draw_label(canvas, look.label, MIDDLE, round(top) + thick // 2 + 40, 24, darker(look.body))


def _draw_buds(canvas: Image.Image, look: Look) -> None:
    wide = 110 + 34 * look.form[1]
    for side in (-1, 1):
        x = MIDDLE + side * 62
        _oval(canvas, (x - 42, 30, x + 42, 114), _surface(look))
        _rounded(canvas, (x + side * 4 - 15, 80, x + side * 4 + 15, 160 + 30 * look.form[2]), 14, look.body)
    _rounded(canvas, (MIDDLE - wide, 206, MIDDLE + wide, 362), 36 + 36 * look.form[3], _surface(look))
    ImageDraw.Draw(canvas).line((MIDDLE - wide, 252, MIDDLE + wide, 252), fill=darker(look.body), width=5)
    draw_mark(canvas, look, MIDDLE, 282, 38, ink(look.body))
    draw_label(canvas, look.label, MIDDLE, 326, 28, ink(look.accent if look.pattern == "halves" else look.body))


def _draw_memory(canvas: Image.Image, look: Look) -> None:
    """Draw a card with a cut corner and a printed label."""
    left, right = 92 - 22 * look.form[0], CANVAS - 92 + 22 * look.form[0]
    cut = 34 + 40 * look.form[1]
    mask, pen = new_mask()
    pen.polygon([(left, 20), (right - cut, 20), (right, 20 + cut), (right, 364), (left, 364)], fill=255)
    paint(canvas, mask, darker(look.body, 0.5))
    top = 90 + 40 * look.form[2]
    _rounded(canvas, (left + 14, top, right - 14, 348), 8, _surface(look))
    for contact in range(5):
        x = left + 22 + contact * (right - left - cut - 30) / 5
        _rounded(canvas, (x, 32, x + 18, 74), 3, (212, 180, 100))
    plate = lighter(look.accent, 0.1)
    _rounded(canvas, (left + 30, top + 26, right - 30, top + 84), 6, plate)
    draw_label(canvas, look.label, MIDDLE, round(top) + 55, 36, ink(plate))
    draw_mark(canvas, look, round(right) - 56, 300, 52 + round(24 * look.form[3]), ink(look.body))


def _draw_battery(canvas: Image.Image, look: Look) -> None:
    """Draw two cells side by side, whatever the pack holds."""
    half = 40 + 22 * look.form[0]
    cap = 60 + 50 * look.form[1]
    for side in (-1, 1):
        x = MIDDLE + side * (half + 8)
        _rounded(canvas, (x - 17, 22, x + 17, 60), 5, STEEL)
        _rounded(canvas, (x - half, 44, x + half, 364), 14, _surface(look))
        _rounded(canvas, (x - half, 44, x + half, 44 + cap), 14, (206, 152, 82) if look.form[2] < 0.4 else look.accent)
        _rounded(canvas, (x - half, 350, x + half, 366), 6, STEEL)
        draw_mark(canvas, look, round(x), round(90 + cap), 40, ink(look.body))
        draw_label(canvas, look.label, round(x), 262, round(18 + 8 * look.form[0]), ink(look.body))


def _draw_mouse(canvas: Image.Image, look: Look) -> None:
    """Draw a mouse from above."""
    half, top = 84 + 30 * look.form[0], 44 + 30 * look.form[1]
    if look.form[2] < 0.4:
        ImageDraw.Draw(canvas).line([(MIDDLE, 0), (MIDDLE, top + 20)], fill=GRAPHITE, width=12)
    mask, pen = new_mask()
    pen.rounded_rectangle((MIDDLE - half, top, MIDDLE + half, 368), half * (0.62 + 0.36 * look.form[3]), fill=255)
    paint(canvas, mask, _surface(look))
    pen = ImageDraw.Draw(canvas)
    pen.line((MIDDLE, top, MIDDLE, 178), fill=darker(look.body), width=5)
    pen.arc((MIDDLE - half, 110, MIDDLE + half, 230), 10, 170, fill=darker(look.body), width=5)
    _rounded(canvas, (MIDDLE - 14, top + 36, MIDDLE + 14, top + 100), 13, look.accent)
    for side in (-1, 1):
        x = MIDDLE + side * (half - 8)
        _rounded(canvas, (x - 10, 180, x + 10, 262), 9, look.accent)
    lower = look.accent if look.pattern == "halves" else look.body
    draw_mark(canvas, look, MIDDLE, 272, 44, ink(lower))
    draw_label(canvas, look.label, MIDDLE, 322, 24, ink(lower))


def _draw_console(canvas: Image.Image, look: Look) -> None:
    """Draw a standing or lying box with a pad in front."""
    if look.form[0] < 0.5:
        box = (46.0, 30.0, 138 + 40 * look.form[1], 340.0)
    else:
        box = (30.0, 70.0, CANVAS - 30.0, 170 + 40 * look.form[1])
    _rounded(canvas, box, 8 + 26 * look.form[2], _surface(look))
    pen = ImageDraw.Draw(canvas)
    pen.line(
        (box[0] + 24, box[1] + 26, box[0] + 24, box[3] - 26), fill=blend(look.accent, (90, 200, 255), 0.4), width=9
    )
    x, y = round((box[0] + box[2]) / 2) + 10, round(box[1]) + 50
    draw_mark(canvas, look, x, y, 38, ink(look.body))
    draw_label(canvas, look.label[:5], x, y + 36, 20, ink(look.body))
    _draw_pad(canvas, look)


def _draw_pad(canvas: Image.Image, look: Look) -> None:
    shell = look.body if look.form[3] < 0.5 else look.accent
    mask, pen = new_mask()
    pen.rounded_rectangle((176, 232, 364, 306), 34, fill=255)
    pen.ellipse((162, 240, 236, 366), fill=255)
    pen.ellipse((304, 240, 378, 366), fill=255)
    paint(canvas, mask, shell)
    for x, y in ((228, 290), (312, 290)):
        _oval(canvas, (x - 18, y - 18, x + 18, y + 18), GRAPHITE)
    pen = ImageDraw.Draw(canvas)
    for dx, dy in ((0, -12), (12, 0), (0, 12), (-12, 0)):
        pen.ellipse((336 + dx - 6, 262 + dy - 6, 336 + dx + 6, 262 + dy + 6), fill=ink(shell))


_SHAPES = {
    "cable": _draw_cable,
    "case": _draw_case,
    "phone": _draw_phone,
    "headphones": _draw_headphones,
    "memory": _draw_memory,
    "battery": _draw_battery,
    "mouse": _draw_mouse,
    "console": _draw_console,
}
