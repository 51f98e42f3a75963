"""What a picture's patches are, and what is learned of them, is stored with the vectors that depend on it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PatchOptions:
    """A picture becomes `side` pixels a side; its `cells` are so many pixels a side, each size once, and a patch is `window` cells a
    side, of which so many `axes` are looked at. So many Gaussians (`components`) gather patches, and `dim` directions are kept, divided by the `whitening`-th power of their deviation; `share` is that of
    patches in a cosine, the rest is the thumbnail's.

    It is learned from `most_patches` patches and the Fisher vectors of `most_pictures` pictures.
    """

    side: int = 96
    cells: tuple[int, ...] = (4, 8)
    window: int = 2
    axes: int = 12
    components: int = 64
    dim: int = 128
    whitening: float = 0.5
    share: float = 0.5
    most_pictures: int = 2000
    most_patches: int = 40_000
    seed: int = 0
