"""The plan of a build says before it starts which views there will be and what each takes. Only counts are read."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.build.encoding import image_spec, points_spec
from indexing.build.joining import ask_of
from indexing.build.options import BuildOptions
from indexing.build.view_plan import FIXED_BYTES, Ask, ViewPlan, duration, plan_view, products_per_s, whole_gib
from indexing.catalog.catalog import TEXT_FIELDS
from indexing.encoders.encoder import Spec, column_names, parse_spec
from indexing.encoders.pictures.patches.options import PatchOptions
from indexing.encoders.thumbnail import ThumbnailEncoder
from indexing.errors import InputError
from indexing.files.blocks import SetAside
from indexing.files.tables import TableFile
from indexing.machine.memory import human
from indexing.reading.inputs import CatalogInputs, InputFile, open_inputs
from indexing.reading.schema.expression import columns_in
from indexing.vectors.ngram_options import MOST_COUNTING, LsaOptions

NGRAMS_A_CHAR = 1.5  # different ones of 3 and 4 characters inside words (1.1 to 1.6 in five catalogues)
MANY, KEPT_OF_MANY = 20_000, 0.5  # of so many products' n-grams at most half stand in few enough (0.28 to 0.5)
ENTRY_BYTES = 16  # a column and a weight, by product and by n-gram
BLOCK_BYTES = 150 * 2**20  # what one thread counts at once
THREAD_BYTES = 64 * 2**20  # what each thread more does, of texts of 80 words
WEIGHED_PER_S, JOINED_S = 2.5e6, 3e-6  # characters a second; seconds an entry and thread to join it
ASSUMED_DIM = 768  # dimension of a model that was not loaded yet
SAMPLED = 1000  # products whose texts are measured


@dataclass(frozen=True)
class LexicalPlan:
    """It says how many bytes of memory and disk, and seconds of both stages, the lexical view will take."""

    memory: int
    disk: int
    seconds: tuple[float, float]
    view: str = "lexical"

    def line(self) -> str:
        """Return the plan as a line for people."""
        weighed, joined = map(duration, self.seconds)
        return (
            f"lexical: rare n-grams, joined exactly; memory {human(self.memory)}, disk {human(self.disk)}, about "
            f"weighing {weighed}, join {joined}"
        )


def plan_lexical(products: int, chars: float, ask: Ask) -> LexicalPlan:
    """Plan for texts of so many characters on average. Raises InputError for what does not fit the memory."""
    counted = products * chars * NGRAMS_A_CHAR
    entries = int(counted * (KEPT_OF_MANY if products > MANY else 1.0))
    counting = BLOCK_BYTES + (min(ask.threads, MOST_COUNTING) - 1) * THREAD_BYTES
    memory = entries * ENTRY_BYTES + counting + FIXED_BYTES
    if memory > ask.memory:
        raise InputError(
            f"--memory {human(ask.memory)}: the lexical view of {products:,} products with {chars:.0f} characters each "
            f"needs {human(memory)}: give --memory {whole_gib(memory)}, fewer --text-fields, or --no-lexical"
        )
    disk = entries * ENTRY_BYTES // 2 + products * ask.k * 12
    seconds = (products * chars / WEIGHED_PER_S, entries * JOINED_S / ask.threads)
    return LexicalPlan(memory, disk, seconds)


def plan_build(products: Sequence[Path], options: BuildOptions, device: str) -> list[ViewPlan | LexicalPlan]:
    """Return a plan for each view of these files. Raises InputError for what cannot fit the memory."""
    inputs = open_inputs(products, options.schema)
    count = sum(file.table.about_rows() for file in inputs.files)
    ask = ask_of(options, device, count)
    dims = _dimensions(inputs, options, count)
    if len(dims) == 2:
        dims["fused"] = sum(dims.values())
    rate = products_per_s()
    plans: list[ViewPlan | LexicalPlan] = [plan_view(view, count, dim, ask, rate=rate) for view, dim in dims.items()]
    if options.lexical:
        plans.append(plan_lexical(count, _text_chars(inputs.files[0], options), ask))
    return plans


def _text_chars(file: InputFile, options: BuildOptions) -> float:
    """Count the characters of a product's text, on average of the first ones in a file."""
    schema, names = file.schema, file.table.names
    fields = [name for name in options.encoding.text_fields if name in TEXT_FIELDS]  # others are refused later
    named = {column for name in fields for column in columns_in(schema.expression(name), names)}
    named |= set(schema.extra_columns(names)) if "attributes" in fields else set()
    columns = [name for name in names if name in named and not _is_vector(name, options)]
    first = next(iter(file.table.blocks(SAMPLED, columns, aside=_pass_over)), None) if columns else None
    if first is None or not len(first):
        return 0.0
    reading, descriptions = options.encoding.reading, set(columns_in(schema.description, names))
    most = {name: reading.chars_of("description" if name in descriptions else name) for name in columns}
    return sum(_chars(first[name], most[name] or sys.maxsize) for name in columns) / len(first)


def _pass_over(found: SetAside) -> None:
    """Look at the others: who reads the file tells of a row that cannot be read."""


def _chars(column: pa.ChunkedArray, most: int) -> int:
    """Count the characters of all cells, at most so many of each."""
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        texts = pa.array([None if cell is None else str(cell) for cell in column.to_pylist()], pa.large_string())
    else:
        texts = column.cast(pa.large_string())  # Python has no word for every date that Arrow has
    return int(pc.sum(pc.min_element_wise(pc.utf8_length(texts), most, skip_nulls=False)).as_py() or 0)


def _is_vector(name: str, options: BuildOptions) -> bool:
    specs = (
        parse_spec(options.encoding.text_encoder, "text"),
        Spec.of(options.encoding.image_encoder),
    )
    return any(name in columns for spec in specs if spec.engine == "column" for columns in column_names(spec))


def _dimensions(inputs: CatalogInputs, options: BuildOptions, count: int) -> dict[str, int]:
    file = inputs.files[0].table
    pictures = image_spec(options, inputs.schema.name, file.names, has_pictures=inputs.pictured)
    if options.encoding.image_points and inputs.pictured:
        points_spec(options.encoding.image_points, pictures)  # what the build would refuse
    specs = {"text": parse_spec(options.encoding.text_encoder, "text"), "image": pictures}
    return {view: _dimension(spec, file, count) for view, spec in specs.items() if spec.engine != "none"}


def _dimension(spec: Spec, file: TableFile, count: int) -> int:
    if spec.engine == "lsa":
        return max(min(LsaOptions().dim, count - 1), 1)
    if spec.engine in ("thumbnail", "patches"):
        return ThumbnailEncoder().dim + (PatchOptions().dim if spec.engine == "patches" else 0)
    return _column_dimension(column_names(spec)[0][0], file) if spec.engine == "column" else ASSUMED_DIM


def _column_dimension(column: str, file: TableFile) -> int:
    """Return the length of the first vector in a column; how it is written is for the reader to judge."""
    if column not in file.names:
        return ASSUMED_DIM
    first = next(iter(file.blocks(1, [column], aside=_pass_over)), None)
    cell = None if first is None or not len(first) else first.column(0)[0].as_py()
    if isinstance(cell, str):
        return cell.count(",") + 1
    try:
        return max(int(np.asarray(cell, dtype=np.float64).size), 1)
    except (TypeError, ValueError):
        return ASSUMED_DIM
