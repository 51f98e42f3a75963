"""The plan of a build before it starts: which views there will be and what each takes. Only counts are read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexing.build.lexical_plan import LexicalPlan, plan_lexical
from indexing.build.options import BuildOptions
from indexing.build.view_encoding import image_spec
from indexing.build.view_joining import ask_of
from indexing.build.view_plan import ViewPlan, plan_view, products_per_s
from indexing.catalog.catalog import DESCRIPTION_CHARS, TEXT_FIELDS
from indexing.catalog.schema import choose_schema
from indexing.encoders.encoder import Spec, column_names, parse_spec
from indexing.encoders.lsa import LsaOptions
from indexing.encoders.thumbnail import ThumbnailEncoder
from indexing.storage.tables import TableFile, list_tables, open_table

ASSUMED_DIM = 768  # of a model that was not loaded yet
SAMPLED = 1000  # products whose texts are measured


def plan_build(products: Sequence[Path], options: BuildOptions, device: str) -> list[ViewPlan | LexicalPlan]:
    """A plan for each view of these files. Raises InputError for what cannot fit the memory."""
    files = [open_table(path) for path in list_tables(products)]
    count = sum(_rows_of(file) for file in files)
    ask = ask_of(options, device)
    dims = _dimensions(files[0], options, count)
    if len(dims) == 2:
        dims["fused"] = sum(dims.values())
    rate = products_per_s()
    plans: list[ViewPlan | LexicalPlan] = [plan_view(view, count, dim, ask, rate=rate) for view, dim in dims.items()]
    if options.lexical:
        plans.append(plan_lexical(count, _text_chars(files[0], options), ask))
    return plans


def _text_chars(file: TableFile, options: BuildOptions) -> float:
    """The characters of a product's text, on average of the first ones in a file."""
    schema = choose_schema(options.schema, file.names)
    named = {getattr(schema, name) for name in options.text_fields if name in TEXT_FIELDS}  # others are refused later
    named |= set(schema.extra_columns(file.names)) if "attributes" in options.text_fields else set()
    columns = [name for name in file.names if name in named and not _is_vector(name, options)]
    first = next(iter(file.blocks(SAMPLED, columns)), None) if columns else None
    if first is None or not len(first):
        return 0.0
    cells = (cell for column in first.columns for cell in column.to_pylist() if cell is not None)
    return sum(min(len(str(cell)), DESCRIPTION_CHARS) for cell in cells) / len(first)


def _is_vector(name: str, options: BuildOptions) -> bool:
    specs = (parse_spec(options.text_encoder, "text"), Spec(*options.image_encoder.partition(":")[::2]))
    return any(name in columns for spec in specs if spec.engine == "column" for columns in column_names(spec))


def _dimensions(file: TableFile, options: BuildOptions, count: int) -> dict[str, int]:
    schema = choose_schema(options.schema, file.names)
    pictures = image_spec(options, file.names, schema.image in file.names)
    specs = {"text": parse_spec(options.text_encoder, "text"), "image": pictures}
    return {view: _dimension(spec, file, count) for view, spec in specs.items() if spec.engine != "none"}


def _dimension(spec: Spec, file: TableFile, count: int) -> int:
    if spec.engine == "lsa":
        return max(min(LsaOptions().dim, count - 1), 1)
    if spec.engine == "thumbnail":
        return ThumbnailEncoder().dim
    return _column_dimension(column_names(spec)[0][0], file) if spec.engine == "column" else ASSUMED_DIM


def _column_dimension(column: str, file: TableFile) -> int:
    """The length of the first vector in a column; how it is written is for the reader to judge."""
    if column not in file.names:
        return ASSUMED_DIM
    first = next(iter(file.blocks(1, [column])), None)
    cell = None if first is None or not len(first) else first.column(0)[0].as_py()
    if isinstance(cell, str):
        return cell.count(",") + 1
    try:
        return max(int(np.asarray(cell, dtype=np.float64).size), 1)
    except (TypeError, ValueError):
        return ASSUMED_DIM


def _rows_of(file: TableFile) -> int:
    """Of parquet from its footer; the lines of other files, which is what their products are but for long cells."""
    if file.rows is not None:
        return file.rows
    with file.path.open("rb") as content:
        lines = sum(block.count(b"\n") for block in iter(lambda: content.read(1 << 20), b""))
    return max(lines - (file.format == "csv"), 1)
