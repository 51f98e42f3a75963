"""A host of pictures in memory, on which some are there and some are not."""

from io import BytesIO

import fsspec
import numpy as np
from PIL import Image

HOST = "memory://pictures.example"


class PictureHost:
    """It has the pictures that were put there, and loses those that are taken away."""

    def put(self, *names, content=None):
        for name in names:
            with fsspec.open(f"{HOST}/{name}", "wb") as file:
                file.write(drawn(name) if content is None else content)

    def take(self, *names):
        for name in names:
            fsspec.filesystem("memory").rm(f"/pictures.example/{name}")

    def clear(self):
        files = fsspec.filesystem("memory")
        if files.exists("/pictures.example"):
            files.rm("/pictures.example", recursive=True)


def drawn(name):
    """Return the bytes of a picture that has this name alone."""
    cells = np.random.default_rng(list(name.encode())).integers(0, 255, size=(6, 6, 3), dtype=np.uint8)
    content = BytesIO()
    Image.fromarray(cells).resize((48, 48), Image.Resampling.NEAREST).save(content, "PNG")
    return content.getvalue()
