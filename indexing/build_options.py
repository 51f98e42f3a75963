"""How an index is built."""

from dataclasses import dataclass
from pathlib import Path

from indexing.catalog import TEXT_FIELDS
from indexing.encoder import parse_spec
from indexing.errors import InputError
from indexing.fusion import Fusion


@dataclass(frozen=True)
class BuildOptions:
    """How an index is built. `image_encoder` auto is the contest's vectors for its schema, thumbnail where there are
    pictures, else none. `index` is auto or a FAISS factory string. `k` neighbours of each product are kept."""

    schema: str = "auto"
    images: Path | None = None
    text_encoder: str = "lsa"
    image_encoder: str = "auto"
    text_fields: tuple[str, ...] = TEXT_FIELDS
    text_weight: float = 0.5
    lexical: bool = True
    index: str = "auto"
    device: str = "auto"
    match_across_sources: bool = False
    k: int = 50
    max_rejects: float = 0.01
    overwrite: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"-k {self.k}: at least one neighbour is needed")
        if not 0 <= self.max_rejects <= 1:
            raise InputError(f"--max-rejects {self.max_rejects}: give a share from 0 to 1")
        Fusion(self.text_weight)
        parse_spec(self.text_encoder, "text")
        if self.image_encoder != "auto":
            parse_spec(self.image_encoder, "image")
