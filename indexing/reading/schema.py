"""A schema says which column of a file means what."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import yaml

from indexing.errors import InputError

STRAY_COLUMNS = ("__index_level_0__",)  # left behind by pandas


@dataclass(frozen=True)
class Schema:
    """A schema names the column that holds each field of a product. A column that is absent leaves its field empty.

    `vectors` are columns of ready-made vectors: never attributes, reachable by a `column:NAME` encoder.
    Every other column that no field names becomes an attribute.
    """

    name: str = "generic"
    id: str = "id"
    title: str = "title"
    description: str = "description"
    brand: str = "brand"
    attributes: str = "attributes"
    price: str = "price"
    category: str = "category"
    source: str = "source"
    image: str = "image"
    color: str = "color"
    vectors: tuple[str, ...] = ()

    def mapped_columns(self) -> list[str]:
        """Return the columns that this schema names otherwise than the generic one: a file must have them."""
        return [getattr(self, f.name) for f in fields(self) if f.name not in ("name", "vectors")
                and getattr(self, f.name) != f.default]  # fmt: skip

    def extra_columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns among `names` that no field names, and that are neither vectors nor stray."""
        known = {getattr(self, field.name) for field in fields(self) if field.name not in ("name", "vectors")}
        return [n for n in names if n not in known and n not in self.vectors and n not in STRAY_COLUMNS]


GENERIC = Schema()
OZON = Schema(
    name="ozon",
    id="variantid",
    title="name",
    attributes="characteristic_attributes_mapping",
    category="categories",
    color="color_parsed",
    vectors=("name_bert_64", "main_pic_embeddings_resnet_v1", "pic_embeddings_resnet_v1"),
)


def choose_schema(asked: str, names: Sequence[str]) -> Schema:
    """Return the schema for `auto`, `generic`, `ozon` or a YAML file, given a file's column names."""
    if asked == "auto":
        return OZON if OZON.id in names and OZON.title in names else GENERIC
    if asked in ("generic", "ozon"):
        return GENERIC if asked == "generic" else OZON
    return read_schema(Path(asked))


def read_schema(path: Path) -> Schema:
    """Read a schema from YAML lines such as `title: product_name`; fields not named keep their generic column.

    Raises InputError for a missing file, text that is not such a mapping, and unknown fields.
    """
    try:
        given = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise InputError(f"{path}: cannot be read ({reason}): give auto, generic, ozon or a YAML file") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(given, dict):
        raise InputError(f"{path}: holds no mapping: write lines such as 'title: product_name'")
    known = [field.name for field in fields(Schema) if field.name != "name"]
    unknown = [str(key) for key in given if key not in known]
    if unknown:
        raise InputError(f"{path}: unknown field '{unknown[0]}': the fields are {', '.join(known)}")
    vectors = given.pop("vectors", None) or []
    vectors = tuple(str(name) for name in (vectors if isinstance(vectors, list) else [vectors]))
    return replace(GENERIC, name=Path(path).stem, vectors=vectors, **{key: str(given[key]) for key in given})
