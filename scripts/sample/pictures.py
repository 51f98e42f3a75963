"""Sellers picture a product in many ways: one drawing is framed, lit, cropped and compressed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from scripts.sample.chance import chance, pick
from scripts.sample.looks import Look
from scripts.sample.shapes import draw
from scripts.sample.words import Rgb

MASTER_PX = 160
BACKGROUNDS: tuple[Rgb, ...] = (
    (255, 255, 255),
    (255, 255, 255),
    (255, 255, 255),
    (250, 248, 244),
    (244, 246, 250),
    (238, 238, 238),
    (232, 240, 246),
    (246, 236, 226),
)
BADGES: tuple[Rgb, ...] = ((220, 30, 60), (250, 190, 20), (30, 120, 220), (40, 160, 90))
MIRRORED = 0.08
BADGED = 0.12


@dataclass(frozen=True)
class Shot:
    """A shot says how one picture is taken."""

    background: Rgb
    scale: float
    turn: float
    """It is in degrees."""
    shift: tuple[float, float]
    """It is in shares of the picture's side, to the right and down."""
    mirrored: bool
    brightness: float
    contrast: float
    noise: float
    badge: Rgb | None
    quality: int


def take_shot(rng: np.random.Generator, *, detail: bool = False) -> Shot:
    """Draw a usual main picture, or with `detail` a nearer, bolder one."""
    spread = 3.0 if detail else 1.0
    return Shot(
        background=pick(rng, BACKGROUNDS),
        scale=float(rng.uniform(0.86, 1.08)) * (1.35 if detail else 1.0),
        turn=float(rng.normal(0.0, 2.0 * spread)),
        shift=(float(rng.normal(0.0, 0.015 * spread)), float(rng.normal(0.0, 0.015 * spread))),
        mirrored=chance(rng, MIRRORED),
        brightness=float(rng.normal(1.0, 0.045)),
        contrast=float(rng.normal(1.0, 0.05)),
        noise=float(rng.uniform(0.0, 4.0)),
        badge=pick(rng, BADGES) if chance(rng, BADGED) else None,
        quality=int(rng.integers(62, 90)),
    )


def photograph(look: Look, shot: Shot, side_px: int, rng: np.random.Generator) -> Image.Image:
    """Return the picture before it is compressed."""
    picture = Image.new("RGB", (side_px, side_px), shot.background)
    product = _framed(_master(look), shot, side_px)
    picture.paste(product, (0, 0), product)
    picture = ImageEnhance.Brightness(picture).enhance(shot.brightness)
    picture = ImageEnhance.Contrast(picture).enhance(shot.contrast)
    if shot.badge is not None:
        _draw_badge(picture, shot.badge)
    return _with_noise(picture, shot.noise, rng)


def compress(picture: Image.Image, quality: int) -> bytes:
    """Return the picture as JPEG bytes."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


@lru_cache(maxsize=64)
def _master(look: Look) -> Image.Image:
    """Return the drawing with its shadow, at the size that pictures are cut from."""
    product = draw(look)
    shadow = Image.new("RGBA", product.size, (0, 0, 0, 0))
    dark = product.getchannel("A").filter(ImageFilter.GaussianBlur(7)).point(lambda value: value * 0.3)
    shadow.paste((30, 30, 40, 255), (4, 8), dark)
    shadow.alpha_composite(product)
    return shadow.resize((MASTER_PX, MASTER_PX), Image.Resampling.LANCZOS)


def _framed(master: Image.Image, shot: Shot, side_px: int) -> Image.Image:
    """Return the drawing turned, moved and scaled into a picture of side_px."""
    angle = np.deg2rad(shot.turn)
    ratio = MASTER_PX / side_px / (0.9 * shot.scale)
    cos, sin = float(np.cos(angle)) * ratio, float(np.sin(angle)) * ratio
    x, y = side_px * (0.5 + shot.shift[0]), side_px * (0.5 + shot.shift[1])
    flip = -1.0 if shot.mirrored else 1.0
    middle = MASTER_PX / 2
    coefficients = (
        flip * cos,
        flip * sin,
        middle - flip * (cos * x + sin * y),
        -sin,
        cos,
        middle + sin * x - cos * y,
    )
    return master.transform((side_px, side_px), Image.Transform.AFFINE, coefficients, resample=Image.Resampling.BICUBIC)


def _draw_badge(picture: Image.Image, color: Rgb) -> None:
    """Draw a shop's sticker into the corner."""
    side = picture.width
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((2, side * 0.84, side * 0.34, side - 3), 3, fill=color)
    pen.line((side * 0.08, side * 0.92, side * 0.27, side * 0.92), fill=(255, 255, 255), width=max(1, side // 40))


def _with_noise(picture: Image.Image, sigma: float, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(picture, dtype=np.float32)
    grain = rng.normal(0.0, sigma, size=(*pixels.shape[:2], 1)).astype(np.float32)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
