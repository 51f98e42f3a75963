"""A schema says of one or several inputs which column means what, and how their files are read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from indexing.files.options import FileOptions
from indexing.reading.schema.expression import (
    Cell,
    Constant,
    Expression,
    Template,
    columns_in,
    is_there,
    like,
    template_of,
)

STRAY_COLUMNS = ("__index_level_0__",)  # left behind by pandas
FIELDS = (
    "id", "title", "description", "brand", "attributes", "price", "category", "source", "image", "color", "gtin", "mpn"
)  # fmt: skip

CODES = ("gtin", "mpn")  # barcodes and part numbers, of which a product may have several
AS_IT_IS = FileOptions()
OWN = {name: Cell(name) for name in FIELDS}  # in Heroic's own schema a column has the field's name


@dataclass(frozen=True)
class PriceForm:
    """It says how prices are written: their `currency`, where none stands beside them (`{NAME}`: it stands in a
    column), and their `decimal` sign."""

    currency: str | None = None
    decimal: str | None = None

    def in_column(self) -> Template | None:
        """Return the column that holds the currency, None where none does."""
        return template_of(self.currency) if self.currency is not None and "{" in self.currency else None


@dataclass(frozen=True)
class CategoryForm:
    """It says how categories are written: whether they are `paths` from the top (None: their cells say so), and the
    `separator` of a path's names."""

    paths: bool | None = None
    separator: str | None = None


@dataclass(frozen=True)
class RowParent:
    """A row whose `column` is what another row is called, by `names`, takes what it lacks from that row."""

    column: Expression
    names: Expression


@dataclass(frozen=True)
class InputSchema:
    """It names what each field of a product is made of (None: of nothing), for the files of one input.

    A column that is absent leaves its field empty. Every column that no field names becomes an attribute, as does that
    of part numbers, which other shops write into titles, but for those like `ignore`, and `vectors`, which are columns
    of ready-made vectors, reachable by a `column:NAME` encoder. Cells
    that hold a text of `missing` are empty. `isbn10` says whether bare numbers of nine or ten digits among barcodes are ISBNs (None: they
    show it). `files` are patterns of paths. Consecutive rows with the same `group` are
    one product's. Columns like `variant` are a row's own, and say whether it is a variant; where none are named, they
    are those of id, price and codes. A row that others name as their `parent` and that has no price is no product, nor is one
    whose cell of a column in `skip` is one of the texts beside it. `known` says that it is an export's schema: then columns may be absent.
    """

    name: str = "generic"
    files: tuple[str, ...] = ()
    form: FileOptions = AS_IT_IS
    id: Expression | None = OWN["id"]
    title: Expression | None = OWN["title"]
    description: Expression | None = OWN["description"]
    brand: Expression | None = OWN["brand"]
    attributes: Expression | None = OWN["attributes"]
    price: Expression | None = OWN["price"]
    category: Expression | None = OWN["category"]
    source: Expression | None = OWN["source"]
    image: Expression | None = OWN["image"]
    color: Expression | None = OWN["color"]
    gtin: Expression | None = OWN["gtin"]
    mpn: Expression | None = OWN["mpn"]
    prices: PriceForm = PriceForm()
    categories: CategoryForm = CategoryForm()
    isbn10: bool | None = None
    group: Expression | None = None
    parent: RowParent | None = None
    variant: tuple[str, ...] = ()
    skip: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ignore: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    known: bool = False

    def expression(self, name: str) -> Expression | None:
        """Return what a field is made of."""
        found: Expression | None = getattr(self, name)
        return found

    def mapped(self) -> dict[str, Expression]:
        """Return the fields that this schema makes otherwise than the generic one: their columns must be there."""
        found = {name: self.expression(name) for name in FIELDS}
        return {name: made for name, made in found.items() if made is not None and made != OWN[name]}

    def constants(self) -> tuple[tuple[str, str], ...]:
        """Return the fields that are the same text in every row, with the text."""
        made = ((name, self.expression(name)) for name in FIELDS)
        return tuple((name, one.text) for name, one in made if isinstance(one, Constant))

    def named_columns(self, names: Sequence[str], fields: Sequence[str] = FIELDS) -> set[str]:
        """Return the columns among `names` that one of the fields is made of, or that say which rows belong together."""
        keys = [self.expression(name) for name in fields] + self.keys() + [self.prices.in_column()]
        return {column for key in keys for column in columns_in(key, names)}

    def keys(self) -> list[Expression | None]:
        """Return what says which rows belong together, beside the id."""
        return [self.group] + ([] if self.parent is None else [self.parent.column, self.parent.names])

    def extra_columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns among `names` that no field names, but for part numbers, and that are neither vectors,
        ignored nor stray."""
        fields = [name for name in FIELDS if name != "mpn"]
        out = {*self.named_columns(names, fields), *self.vectors, *STRAY_COLUMNS}
        return [name for name in names if name not in out and not like(name, self.ignore)]

    def own_columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns among `names` that are a variant's own."""
        if self.group is None and self.parent is None:
            return []
        if self.variant:
            return [name for name in names if like(name, self.variant)]
        shared = set(columns_in(self.group, names))
        keys = (self.id, self.price, self.gtin, self.mpn)
        own = {column for key in keys for column in columns_in(key, names)} - shared
        return [name for name in names if name in own]

    def used_columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns among `names` that are read: fields, extra ones, those that tell variants, vectors."""
        used = {*self.named_columns(names), *self.extra_columns(names), *self.own_columns(names), *self.vectors}
        used |= {column for column, _ in self.skip}
        return [name for name in names if name in used]

    def fits(self, names: Sequence[str]) -> bool:
        """Return whether products can be read from a file of these columns: it has what makes an id."""
        return self.id is not None and is_there(self.id, names)


@dataclass(frozen=True)
class Schema:
    """A schema has a name and one or several inputs."""

    name: str
    inputs: tuple[InputSchema, ...]
    where: str = field(default="", compare=False)  # the YAML file


GENERIC = InputSchema()
