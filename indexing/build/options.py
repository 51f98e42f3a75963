"""How an index is built."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.build.view_plan import JOINS, PURPOSES
from indexing.catalog.catalog import TEXT_FIELDS
from indexing.catalog.text_template import TextTemplate
from indexing.encoders.encoder import parse_spec
from indexing.errors import InputError
from indexing.machine.memory import parse_memory
from indexing.vectors.fusion import Fusion

JOINING = ("index", "join", "purpose", "memory", "recall", "float16")
PRECISIONS = ("auto", "fp32", "bf16", "int8")


@dataclass(frozen=True)
class BuildOptions:
    """How an index is built. `image_encoder` auto is the contest's vectors for its schema, thumbnail where there are
    pictures, else none. Of neural text encoders: `text_template` (None: the `text_fields`), `model_revision` of a model on
    the hub, `max_tokens` read of a text, `precision`. `index` is auto or a FAISS factory
    string, `join` how neighbours are found, `purpose` what auto chooses for, `memory` such as 8G, `recall` what an
    approximate index and join must reach; `float16` halves what a GPU stores. `k` neighbours of each product are kept."""

    schema: str = "auto"
    images: Path | None = None
    text_encoder: str = "lsa"
    image_encoder: str = "auto"
    text_fields: tuple[str, ...] = TEXT_FIELDS
    text_template: str | None = None
    model_revision: str | None = None
    trust_remote_code: bool = False
    max_tokens: int | None = None
    precision: str = "auto"
    text_weight: float = 0.5
    lexical: bool = True
    index: str = "auto"
    join: str = "auto"
    purpose: str = "join"
    memory: str = "auto"
    recall: float = 0.95
    float16: bool = False
    device: str = "auto"
    match_across_sources: bool = False
    k: int = 50
    max_rejects: float = 0.01
    overwrite: bool = False
    resume: bool = False
    extend: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"-k {self.k}: at least one neighbour is needed")
        if self.join not in JOINS:
            raise InputError(f"--join {self.join}: choose from {', '.join(JOINS)}")
        if self.purpose not in PURPOSES:
            raise InputError(f"--for {self.purpose}: choose from {', '.join(PURPOSES)}")
        if not 0 < self.recall <= 1:
            raise InputError(f"--recall {self.recall}: give a share above 0, at most 1")
        parse_memory(self.memory)
        if not 0 <= self.max_rejects <= 1:
            raise InputError(f"--max-rejects {self.max_rejects}: give a share from 0 to 1")
        if sum((self.overwrite, self.resume, self.extend)) > 1:
            raise InputError("--overwrite, --resume and --extend exclude one another: give one")
        if self.max_tokens is not None and self.max_tokens < 4:
            raise InputError(f"--max-tokens {self.max_tokens}: a model needs at least 4")
        if self.precision not in PRECISIONS:
            raise InputError(f"--precision {self.precision}: choose from {', '.join(PRECISIONS)}")
        if self.text_template is not None:
            TextTemplate(self.text_template)
        Fusion(self.text_weight)
        parse_spec(self.text_encoder, "text")
        if self.image_encoder != "auto":
            parse_spec(self.image_encoder, "image")

    def joining(self) -> dict[str, Any]:
        """The options that decide by which index and join neighbours are found: for doing it again, of other products."""
        return {name: getattr(self, name) for name in JOINING}
