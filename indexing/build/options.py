"""Options say how an index is built."""

from dataclasses import dataclass, field
from pathlib import Path

from indexing.catalog.catalog import LEVELS
from indexing.catalog.rejects import DEFAULT_REJECTS
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from indexing.join.options import JoiningOptions
from indexing.vectors.fusion import Fusion

MOST_K = 2**62  # what is kept goes with the catalogue, not with what is asked for


@dataclass(frozen=True)
class BuildOptions:
    """These options decide how an index is built: what is read and how, what encodes it, and how it is joined.

    `images` is the folder of relative pictures (None: the files' own); `text_weight` is the share of the text in a fused
    row; `k` neighbours of each product are kept; `max_rejects` is the largest share of products with a malformed cell;
    `category_level` is evaluated (None: chosen by what the files hold). At
    most one of `overwrite`, `resume` and `extend` says what becomes of an index that is there. Raises InputError for
    values out of range.
    """

    schema: str = "auto"
    images: Path | None = None
    encoding: EncodingOptions = field(default_factory=EncodingOptions)
    joining: JoiningOptions = field(default_factory=JoiningOptions)
    text_weight: float = 0.5
    lexical: bool = True
    device: str = "auto"
    match_across_sources: bool = False
    k: int = 50
    max_rejects: float = DEFAULT_REJECTS
    category_level: int | None = None
    overwrite: bool = False
    resume: bool = False
    extend: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MOST_K:
            raise InputError(f"-k {self.k}: at least one neighbour is needed, and at most {MOST_K} can be asked for")
        if not 0 <= self.max_rejects <= 1:
            raise InputError(f"--max-rejects {self.max_rejects}: give a share from 0 to 1")
        if self.category_level is not None and str(self.category_level) not in LEVELS:
            raise InputError(f"--category-level {self.category_level}: give a level from 1, the top, to 4")
        if sum((self.overwrite, self.resume, self.extend)) > 1:
            raise InputError("--overwrite, --resume and --extend exclude one another: give one")
        Fusion(self.text_weight)
