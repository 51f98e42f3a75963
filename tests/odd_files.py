"""Files as nobody should write them, but somebody does: for tests that give them to commands."""

import csv
import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

SUFFIXES = (".parquet", ".csv", ".jsonl")
ODD_TEXTS = (
    "", " ", "\t", "nan", "NaN", "null", "None", "inf", "-inf", "-1", "0", "1", "1.5", "1,5", "1e400", "9" * 30, "٣", "½",
    "a", "A", "\u0000", "\ufeff", "\u200b", "\u00ad", "e\u0301", "ﬁ", "İ", "日本語", "👩‍👩‍👧", "\u202eabc", "a\nb", "a\rb", '"', "'", "a,b", "{", "[]",
    "{}", '{"a": 1}', '{"a": {"b": [1, null]}}', '[["A", "B"]]', "a=b,c=d", "A > B > C", "<b>x</b> &amp; <script>", "%s %d {x}",
    "../x.png", "https://nowhere.invalid/x.png", "/dev/null", "x" * 70_000, "true", "2024-02-30", "\x1b[31mred", "=1+1",
)  # fmt: skip
INTEGERS = (0, 1, -1, 2, 7, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 0.5, 1.0, 1e-320, 1e39, 1.7e308, -1.7e308, math.nan, math.inf, -math.inf)

texts = (
    st.sampled_from(ODD_TEXTS)
    | st.text(max_size=12)
    | st.sampled_from(["red phone", "blue phone 64GB", "usb cable 1.5 m"])
)
utf8_texts = texts.filter(lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text))


def _lists(cells, kind, **size):
    return st.lists(cells | st.none(), **(size or {"max_size": 3})), pa.list_(kind)


KINDS = {
    "text": (utf8_texts, pa.string()),
    "large text": (utf8_texts, pa.large_string()),
    "text view": (utf8_texts, pa.string_view()),
    "dictionary": (utf8_texts, pa.dictionary(pa.int32(), pa.string())),
    "integers": (st.sampled_from(INTEGERS), pa.int64()),
    "small integers": (st.integers(-128, 127), pa.int8()),
    "unsigned": (st.sampled_from([0, 1, 2**64 - 1]), pa.uint64()),
    "floats": (st.sampled_from(FLOATS), pa.float64()),
    "single floats": (st.sampled_from([0.0, 1.5, math.nan, math.inf]), pa.float32()),
    "half floats": (st.sampled_from([0.0, 1.5, math.nan]), pa.float16()),
    "booleans": (st.booleans(), pa.bool_()),
    "decimals": (st.sampled_from([Decimal("1.50"), Decimal("-9.99"), Decimal("99999999.99")]), pa.decimal128(10, 2)),
    "times": (st.sampled_from([datetime(1, 1, 1), datetime(9999, 12, 31), datetime(2024, 2, 29)]), pa.timestamp("us")),
    "zoned times": (st.just(datetime(2024, 2, 29, tzinfo=UTC)), pa.timestamp("ns", "UTC")),
    "dates": (st.sampled_from([date(1, 1, 1), date(9999, 12, 31)]), pa.date32()),
    "hours": (st.just(time(23, 59)), pa.time64("us")),
    "spans": (st.just(timedelta(days=400)), pa.duration("us")),
    "bytes": (st.binary(max_size=9), pa.binary()),
    "nulls": (st.none(), pa.null()),
    "lists of text": _lists(utf8_texts, pa.string()),
    "lists of numbers": _lists(st.sampled_from(FLOATS), pa.float32()),
    "vectors": (st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3), pa.list_(pa.float32())),
    "fixed vectors": (st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=2), pa.list_(pa.float32(), 2)),
    "structs": (st.just({"a": "x", "b": 1.5}), pa.struct([("a", pa.string()), ("b", pa.float64())])),
    "pairs": (
        st.lists(st.just({"key": "Color", "value": "red"}), max_size=2),
        pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])),
    ),
    "maps": (st.lists(st.tuples(st.sampled_from("ab"), utf8_texts), max_size=2), pa.map_(pa.string(), pa.string())),
    "lists of lists": (st.lists(st.lists(utf8_texts, max_size=2), max_size=2), pa.list_(pa.list_(pa.string()))),
}  # fmt: skip


@dataclass(frozen=True)
class OddTable:
    """Columns of some rows, and how they are written."""

    table: pa.Table
    suffix: str

    def write(self, path):
        path = path.with_suffix(self.suffix)
        if self.suffix == ".parquet":
            pq.write_table(self.table, path)
            return path
        rows = self.table.to_pylist(maps_as_pydicts=None)
        with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
            if self.suffix == ".csv":
                writer = csv.writer(file)
                writer.writerow(self.table.column_names)
                writer.writerows(row.values() for row in rows)
            else:
                file.writelines(json.dumps(row, default=str) + "\n" for row in rows)
        return path


@st.composite
def columns(draw, rows, kinds=tuple(KINDS)):
    """A column of so many cells, of any type, perhaps with nulls."""
    cells, kind = KINDS[draw(st.sampled_from(kinds))]
    some = cells | st.none() if draw(st.booleans()) else cells
    values = draw(st.lists(some, min_size=rows, max_size=rows))
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode()
    return pa.array(values, kind)


@st.composite
def tables(draw, fixed, names):
    """A table with the columns that `fixed` (a function of draw) gives by name, and a few odd ones of these names, perhaps in
    their place."""
    known = fixed(draw)
    rows = len(next(iter(known.values()))) if known else draw(st.integers(0, 4))
    odd = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    found = {name: pa.array(values) if isinstance(values, list) else values for name, values in known.items()}
    found |= {name: draw(columns(rows)) for name in odd}
    for name in draw(st.lists(st.sampled_from(sorted(found)), max_size=1)) if found else []:
        found.pop(name)
    return OddTable(pa.table(found), draw(st.sampled_from(SUFFIXES)))


@dataclass(frozen=True)
class RawFile:
    """Bytes under a name of some kind."""

    content: bytes
    suffix: str

    def write(self, path):
        path = path.with_suffix(self.suffix)
        path.write_bytes(self.content)
        return path


RAW = (b"", b"\n", b"\xff\xfe", b"\xef\xbb\xbf", b"id\n", b"id,title\n1,a\n2", b'id,title\n1,"a\n2,b\n', b"\x00" * 40, b"PAR1", b"{}", b"[", b'{"id": 1}\n{',
       b'{"id": [1]}\n', b"id,id\n1,2\n", b",\n,\n", b"id\ttitle\n1\ta\n", b'{"a": NaN, "id": 1e999}\n', b"left_id,right_id,target\n1,1,1\n",
       b"[" * 3000, b'{"kind": "index"}', b"rest: .inf\n", b"rest: [1", b"a: &x [*x]\n", b"? x", b"!!python/object:os.system x\n")  # fmt: skip
raw_files = st.builds(
    RawFile,
    st.sampled_from(RAW) | st.binary(max_size=80),
    st.sampled_from([*SUFFIXES, ".yaml", ".txt", ".xls", "", ".json"]),
)
