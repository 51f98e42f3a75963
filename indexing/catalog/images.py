"""Pictures of products: where a reference leads, and one policy for decoding whatever is there."""

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from indexing.catalog.catalog import Catalog
from indexing.catalog.pictures import PictureError, read_picture

MOST_PIXELS = 64_000_000


def load_picture(reference: str, catalog: Catalog, *, side: int | None = None) -> Image.Image:
    """The picture behind a reference of this catalogue, decoded. Raises PictureError with the reason."""
    return decode(read_picture(reference, catalog), side=side)


def decode(content: bytes, *, side: int | None = None) -> Image.Image:
    """The first frame in RGB, turned as its EXIF says, alpha on white.

    `side` lets a JPEG decode at a smaller scale, of at least that many pixels a side. Raises PictureError for what
    is no picture, is cut short, or has more than MOST_PIXELS.
    """
    try:
        picture: Image.Image = Image.open(io.BytesIO(content))
        if picture.width * picture.height > MOST_PIXELS:
            raise PictureError(f"enormous: {picture.width} x {picture.height} pixels")
        if side is not None:
            picture.draft("RGB", (side, side))
        picture.seek(0)
        return _in_rgb(ImageOps.exif_transpose(picture))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError("enormous: a decompression bomb") from error
    except UnidentifiedImageError as error:
        raise PictureError(f"no picture: begins with {content[:12]!r}") from error
    except Exception as error:  # Pillow's decoders raise whatever their format's parser does
        raise PictureError(f"cannot be decoded: {error}") from error


def _in_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode[0] in "IF":
        return _eight_bits(picture).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or of floats in 8 bits; Pillow would cut everything brighter than 255 to white."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    brightest = values.max(initial=0.0)
    if picture.mode == "F" and brightest <= 1:
        white = 1.0
    elif picture.mode.startswith("I;16") or brightest > 255:
        white = max(65_535.0, brightest)
    else:
        white = 255.0
    return Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8))
