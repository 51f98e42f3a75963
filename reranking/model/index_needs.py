"""A model needs certain things of an index: its views, its neighbours, and the settings that cosines depend on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.storage.records import OMIT, stored_record
from indexing.words.reading import EARLIER, Reading


@dataclass(frozen=True)
class EncoderNeeds:
    """It says what of an encoder matters on another catalogue: not its fitting, nor a digest of what it read."""

    spec: str
    options: Mapping[str, Any] | None = field(default=None, metadata=OMIT)


@dataclass(frozen=True)
class IndexNeeds:
    """It says what an index must have for the model: views, neighbours, and the settings that cosines depend on."""

    views: tuple[str, ...]
    k: int
    encoders: Mapping[str, EncoderNeeds]
    text_weight: float
    match_across_sources: bool
    lexical: Mapping[str, Any] | None
    reading: Reading = field(default=EARLIER, metadata=OMIT)

    @classmethod
    def of(cls, index: ProductIndex) -> "IndexNeeds":
        made = index.made
        encoders = {view: EncoderNeeds(record.spec, record.options()) for view, record in made.encoders.items()}
        lexical = None if made.lexical is None else stored_record(made.lexical)
        return cls(index.views, index.k, encoders, made.text_weight, made.match_across_sources, lexical, made.reading)

    def refuse(self, index: ProductIndex) -> None:
        """Raise InputError when an index does not have what the model needs."""
        has = IndexNeeds.of(index)
        where = f"{index.folder}: does not fit the model"
        lacking = [view for view in self.views if view not in has.views]
        if lacking:
            raise InputError(f"{where}: it has no {lacking[0]} view (has {', '.join(has.views)}): build it with one")
        if has.reading != self.reading:
            raise InputError(
                f"{where}: it reads texts in another form, or other parts of them, than the model's did: "
                "train the model again on such an index, or build the index alike"
            )
        for view, settings in self.encoders.items():
            if has.encoders.get(view) != settings:
                found = has.encoders[view].spec if view in has.encoders else "none"
                raise InputError(
                    f"{where}: its {view} encoder is {found}, the model's {settings.spec} or other options"
                )
        if has.k < self.k:
            raise InputError(f"{where}: it keeps {has.k} neighbours, the model was trained with {self.k}: -k {self.k}")
        if "lexical" in self.views and has.lexical != self.lexical:
            raise InputError(f"{where}: its lexical view was made with other options or text fields: build it alike")
        if "fused" in self.views and has.text_weight != self.text_weight:
            raise InputError(f"{where}: its text weight is {has.text_weight}, the model's {self.text_weight}")
        if has.match_across_sources != self.match_across_sources:
            raise InputError(
                f"{where}: match across sources is {has.match_across_sources}, the model's {self.match_across_sources}"
            )
