"""An expression says where a field of a product comes from: a column, several ones, a template or a constant."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

CLOSING = {"(": ")", "[": "]", "{": "}", "«": "»", "„": "“", '"': '"'}


@dataclass(frozen=True)
class Cell:
    """The field is what stands in a column."""

    column: str

    def form(self) -> object:
        """Return what YAML says of it: the name, or an object of it where the name alone would say something else."""
        odd = self.column.startswith("=") or "{" in self.column or "}" in self.column or not self.column.strip()
        return {"column": self.column} if odd else self.column


@dataclass(frozen=True)
class EditedCell:
    """The field is what stands in a column, without each text of `drop`, and cut into a list at each `split`."""

    column: str
    split: str = ""
    drop: tuple[str, ...] = ()

    def form(self) -> object:
        """Return what YAML says of it."""
        return {
            "column": self.column,
            **({"split": self.split} if self.split else {}),
            **({"drop": list(self.drop)} if self.drop else {}),
        }


@dataclass(frozen=True)
class Constant:
    """The field has the same text in every row: `=shop-a`."""

    text: str

    def form(self) -> object:
        """Return what YAML says of it."""
        return f"={self.text}"


@dataclass(frozen=True)
class RowNumber:
    """The field is the name of the file and the number of the row, `stock.csv:12`: for files that have no ids."""

    def form(self) -> object:
        """Return what YAML says of it."""
        return "=row"


@dataclass(frozen=True)
class TemplatePart:
    """A part of a template is a column with the words around it, which vanish with an empty cell."""

    before: str
    column: str
    after: str = ""


@dataclass(frozen=True)
class Template:
    """The field is made of several columns: `{Title} {Option1 Value}`. Empty parts vanish, spaces run together."""

    parts: tuple[TemplatePart, ...]
    text: str

    def form(self) -> object:
        """Return what YAML says of it."""
        return self.text


@dataclass(frozen=True)
class FirstOf:
    """The field is the first of these that is there, in each row."""

    choices: tuple["Expression", ...]

    def form(self) -> object:
        """Return what YAML says of it."""
        return [choice.form() for choice in self.choices]


@dataclass(frozen=True)
class AllOf:
    """The field is all of these together: texts are joined by spaces, categories are levels, lists are joined."""

    parts: tuple["Expression", ...]

    def each(self, columns: Sequence[str]) -> list["Expression"]:
        """Return the parts, and in the place of a column with a star those that it stands for in a file."""
        found: list[Expression] = []
        for part in self.parts:
            found += [Cell(name) for name in _starred(part.column, columns)] if isinstance(part, Cell) else [part]
        return found

    def form(self) -> object:
        """Return what YAML says of it."""
        return {"all": [part.form() for part in self.parts]}


@dataclass(frozen=True)
class Numbered:
    """Attributes stand in pairs of columns: those like `names` hold their names, those like `values` their values, and
    the same text in the place of the star belongs together."""

    names: str
    values: str

    def pairs(self, columns: Sequence[str]) -> list[tuple[str, str]]:
        """Return the pairs of columns that are there, in the order of the file."""
        there = set(columns)
        before, _, after = self.names.partition("*")
        found = []
        for column in columns:
            if fnmatchcase(column, _literal(before) + "*" + _literal(after)):
                star = column[len(before) : len(column) - len(after)]
                value = self.values.replace("*", star)
                found += [(column, value)] if value in there else []
        return found

    def form(self) -> object:
        """Return what YAML says of it."""
        return {"names": self.names, "values": self.values}


@dataclass(frozen=True)
class AttributeValue:
    """The field is what stands among the attributes under a key, in letters of any case: barcodes and part numbers alone."""

    key: str

    def form(self) -> object:
        """Return what YAML says of it."""
        return {"attribute": self.key}


Expression = Cell | EditedCell | Constant | RowNumber | Template | FirstOf | AllOf | Numbered | AttributeValue


def template_of(text: str) -> Template:
    """Read a template. Raises ValueError where a brace is not closed, or nothing stands between two."""
    parts: list[TemplatePart] = []
    pieces = re.split(r"\{([^{}]*)\}", text)
    if any("{" in piece or "}" in piece for piece in pieces[::2]):
        raise ValueError("a brace is open")
    if any(not name.strip() for name in pieces[1::2]):
        raise ValueError("nothing stands between two braces")
    before = pieces[0]
    for name, behind in zip(pieces[1::2], pieces[2::2], strict=True):
        close = CLOSING.get(before.rstrip()[-1:], "")
        after = close if close and behind.startswith(close) else ""
        parts.append(TemplatePart(before, name.strip(), after))
        before = behind[len(after) :]
    last = parts[-1]
    return Template((*parts[:-1], TemplatePart(last.before, last.column, last.after + before)), text)


def columns_in(expression: Expression | None, columns: Sequence[str] = ()) -> Iterator[str]:
    """Yield the columns that an expression names, stars filled in from the columns of a file."""
    match expression:
        case Cell(column):
            yield from _starred(column, columns)
        case EditedCell(column):
            yield column
        case Template(parts):
            yield from (part.column for part in parts)
        case FirstOf(several) | AllOf(several):
            for one in several:
                yield from columns_in(one, columns)
        case Numbered():
            for pair in expression.pairs(columns):
                yield from pair


def attribute_keys(expression: Expression | None) -> Iterator[str]:
    """Yield the keys of attributes that an expression names."""
    match expression:
        case AttributeValue(key):
            yield key
        case FirstOf(several) | AllOf(several):
            for one in several:
                yield from attribute_keys(one)


def is_there(expression: Expression, columns: Sequence[str]) -> bool:
    """Return whether a file of these columns has anything that the expression asks for."""
    match expression:
        case Constant() | RowNumber() | AttributeValue():
            return True
        case Numbered():
            return bool(expression.pairs(columns))
        case Template(parts):
            return all(part.column in columns for part in parts)
        case FirstOf(several) | AllOf(several):
            return any(is_there(one, columns) for one in several)
        case EditedCell(column):
            return column in columns
        case Cell(column):
            return column in columns or ("*" in column and any(_starred(column, columns)))


def like(name: str, patterns: Sequence[str]) -> bool:
    """Return whether a column's name is one of these, or as they say with stars."""
    return any(name == pattern or fnmatchcase(name, _literal(pattern)) for pattern in patterns)


def _starred(column: str, columns: Sequence[str]) -> Iterator[str]:
    """Yield the column, or those that its stars stand for where a file has none of that name."""
    if "*" not in column or column in columns:
        yield column
        return
    yield from (name for name in columns if fnmatchcase(name, _literal(column)))


def _literal(pattern: str) -> str:
    """Return a pattern in which stars alone mean more than themselves."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
