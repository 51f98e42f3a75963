"""Commands as nobody should give them, but somebody does: good words with a few odd ones in their place or beside them."""

from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from hypothesis import strategies as st
from odd_files import ODD_TEXTS, raw_files, tables

INTEGERS = (
    "0",
    "1",
    "-1",
    "2",
    "7",
    "1000000",
    "4294967296",
    "9223372036854775808",
    "-9223372036854775809",
    "1" + "0" * 30,
    "nan",
    "",
    "1e3",
    "٣",
)
FLOATS = ("0", "1", "0.5", "-1", "2", "nan", "inf", "-inf", "1e308", "1e-320", "", "0,5", "½", "-0.0", "75")
LITTLE = {
    "rounds",
    "trials",
    "products",
    "offers",
    "epochs",
    "folds",
    "valid_products",
    "most_pairs",
    "batch",
    "minutes",
    "valid_pairs",
}
WRITTEN = {"out", "rejects", "submission", "ask", "html", "disagreements", "storage", "export"}
WORDS = {  # what an option takes where its type does not say it
    "text_encoder": ("lsa", "none", "column:v", "column:", "column:title", "st:", "st:/nowhere", "static:x", "clip:x/y", "clip-text:", "magic", "lsa:3"),
    "image_encoder": ("none", "thumbnail", "patches", "patches:2", "column:v", "column:image", "clip:x/y", "clip:", "lsa", "magic", "auto"),
    "index": ("auto", "Flat", "IVF2,Flat", "IVF99999,Flat", "HNSW8", "HNSW0", "PQ3", "SQ8", "IVF2,PQ300", "Magic", "IDMap,Flat", "PCA4,Flat"),
    "schema": ("auto", "generic", "ozon", "gone.yaml", "."),
    "memory": ("auto", "8G", "0", "-1G", "1K", "nan", "1e9", "99999999999T", "8 GiB", "auto8"),
    "text_fields": ("title", "title,brand", "titel", ",", "title,title", "image"),
    "text_template": ("{title}", "{", "}", "{x}", "{title:99999999999999999999}", "{title:-1}", "{0}", "{}", "plain", "{attributes.}"),
    "precision": ("auto", "fp32", "int8", "fp64"),
    "prior": ("model", "estimate", "0.3", "0", "1", "nan", "-1", "2", "gone.yaml", "1e-320"),
    "cluster": ("", "here", "local:", "local:0", "local:-1", "nowhere", "127.0.0.1:1", "nowhere.invalid:6379", "a:b", "127.0.0.1:99999"),
    "view": ("fused", "text", "image", "lexical", "magic"),
    "target": ("target", "label", "left_id", "gone"),
    "score_column": ("score", "match", "left_id", "gone"),
    "base": ("st:/nowhere", "/nowhere", "lsa", "clip:x", "st:"),
    "uri": ("http://127.0.0.1:9", "there.db", "gone/there.db", "x", "http://", "http://me:secret@127.0.0.1", "ftp://x", "http://[x", "http://127.0.0.1:x"),
    "name": ("heroic", "", "1", "a-b", "ж", "x" * 300),
    "index_type": ("auto", "FLAT", "HNSW", "IVF_PQ", "magic"),
    "audit": ("-", "a.csv", "gone/a.csv", "a.txt"),
}  # fmt: skip
LINES = (":k 3", ":k nan", ":k 99999999999999999999", ":explain 1", ":explain 99", ":explain x", ":category x", ":source", ":not-source a", ":id", ":text",
         ":image gone.png", ":image /dev/null", ":magic", "::", ":help", "red phone", "x.png", "\x00", "'", ":quit", "~")  # fmt: skip
ODD_PATHS = ("", ".", "..", "gone", "gone.parquet", "gone/out", "/dev/null", "/dev/full", "/proc/self/mem", "/proc/out", "-", "~", "x" * 300, "\udcff.csv", "a\nb", "*",
             "https://nowhere.invalid/p.csv", "s3://x/y", "日本.parquet")  # fmt: skip


@dataclass(frozen=True)
class In:
    """A file that is read; `role` says what should be in it."""

    role: str


class Out:
    """A place that is written."""


OUT = Out()
BASES = {
    ("build-index",): [In("products"), "--out", OUT],
    ("sniff",): [In("products"), "--out", OUT],
    ("update",): [In("own index"), In("products")],
    ("compact",): [In("own index")],
    ("copy",): [In("index"), "s3://heroic-tests/x"],
    ("store",): ["s3://heroic-tests/x"],
    ("publish",): [In("index"), "--to", "http://127.0.0.1:9"],
    ("query",): [In("index")],
    ("candidates",): [In("index"), "--out", OUT],
    ("train",): [In("index"), In("pairs"), "--out", OUT],
    ("score",): [In("index"), In("pairs"), "--model", In("model"), "--out", OUT],
    ("groups",): [In("scores"), "--out", OUT],
    ("explain",): [In("index"), In("model"), "--pair", "JDQNAQ", "YXL9VG"],
    ("evaluate",): [In("scores"), "--truth", In("pairs"), "--out", OUT],
    ("compare",): [In("report"), In("report")],
    ("drift",): [In("scores"), In("scores")],
    ("inspect",): [In("model"), In("index")],
    ("audit",): [In("index"), In("scores"), "--store", OUT, "--budget", "3"],
    ("label",): [In("index"), "--store", OUT, "--budget", "3"],
    ("match",): [In("index"), In("model"), In("products"), "--out", OUT],
    ("serve",): [In("index"), "--port", "0"],
    ("cluster", "check"): [In("index"), "--cluster", "nowhere"],
    ("serve-token",): [OUT, "anna"],
    ("labels",): [OUT, "--import", In("pairs"), "--reviewer", "me"],
    ("train-encoder", "text"): [In("index"), In("pairs"), "--base", "st:/nowhere", "--out", OUT],
    ("train-encoder", "image"): [In("index"), In("pairs"), "--base", "x/y", "--out", OUT],
    ("train-encoder", "cross"): [In("index"), In("pairs"), "--base", "st:/nowhere", "--out", OUT],
}
PRODUCT_NAMES = (
    "id",
    "title",
    "description",
    "brand",
    "attributes",
    "price",
    "category",
    "source",
    "image",
    "color",
    "v",
    "other",
    "Title",
    " ",
    "",
)
PAIR_NAMES = (
    "left_id",
    "right_id",
    "target",
    "cat3_grouped",
    "score",
    "probability",
    "match",
    "match_f1",
    "category",
    "other",
    "label",
    "",
)


def products(draw):
    rows = draw(st.integers(0, 6))
    ids = draw(
        st.lists(
            st.sampled_from(["a", "b", "1", "007", "ж", "x y"]) | st.integers(0, 99).map(str),
            min_size=rows,
            max_size=rows,
            unique=draw(st.booleans()),
        )
    )
    return {
        "id": ids,
        "title": [
            draw(st.sampled_from(["red phone 64GB", "blue phone", "usb cable 1.5 m", None, "", *ODD_TEXTS[2:9]]))
            for _ in ids
        ],
    }


def pairs(draw):
    known = ["JDQNAQ", "YXL9VG", "VB3LKT", "NOBODY", "1"]
    rows = draw(st.integers(0, 5))
    one, other = (draw(st.lists(st.sampled_from(known), min_size=rows, max_size=rows)) for _ in "ab")
    return {
        "left_id": one,
        "right_id": other,
        "target": draw(st.lists(st.sampled_from([0, 1]), min_size=rows, max_size=rows)),
    }


def scores(draw):
    columns = pairs(draw)
    columns["score"] = [draw(st.sampled_from([0.0, 0.5, 1.0, 1e308, -1e308, 5e-324])) for _ in columns["left_id"]]
    return columns | {"match": [value > 0.5 for value in columns["score"]]} if draw(st.booleans()) else columns


ROLES = {
    "products": tables(products, PRODUCT_NAMES),
    "pairs": tables(pairs, PAIR_NAMES),
    "scores": tables(scores, PAIR_NAMES),
}


class OddWords:
    """Draws the words of one command: good ones of `desk`, whose odd files lie in its `work` folder."""

    def __init__(self, draw, desk):
        self.draw, self.desk, self.files = draw, desk, 0

    def words(self, names, command):
        """Return all words of a command, `names` of the group and its own, and what it is typed on stdin."""
        base = [self._part(part) for part in BASES[names]]
        options = [param for param in command.params if isinstance(param, click.Option) and param.name != "help"]
        more = [
            word
            for option in self.draw(st.lists(st.sampled_from(options), max_size=3))
            for word in self._option(option)
        ]
        lines = self.draw(st.lists(st.sampled_from(LINES), max_size=4)) if names == ("query",) else []
        return [*names, *base, *more], "".join(f"{line}\n" for line in lines)

    def _part(self, part):
        if isinstance(part, str):
            return part
        odd = self.draw(st.sampled_from([False, False, True]))
        if isinstance(part, Out):
            return self._odd_path() if odd else self._place()
        return self._odd_file(part.role) if odd else self.desk.good(part.role)

    def _option(self, option):
        name = self.draw(st.sampled_from([*option.opts, *option.secondary_opts]))
        if option.is_flag:
            return [name]
        return [name, *(self._value(option) for _ in range(option.nargs))]

    def _value(self, option):
        kind = option.type
        if option.name in WORDS:
            return self.draw(st.sampled_from(WORDS[option.name]) | odd_words)
        if isinstance(kind, click.Choice):
            return self.draw(st.sampled_from([*map(str, kind.choices), "magic"]))
        if isinstance(kind, click.Path):
            return self._place() if option.name in WRITTEN else self._any_path()
        values = INTEGERS if isinstance(kind, click.types.IntParamType) else FLOATS
        if not isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
            return self.draw(odd_words)
        if option.name in LITTLE:
            values = [value for value in values if len(value) < 3 or value.startswith("-") or value in ("nan", "inf")]
        return self.draw(st.sampled_from(values))

    def _place(self):
        """Return a place of its own that can be written."""
        self.files += 1
        return str(self.desk.work / f"out{self.files}{self.draw(st.sampled_from(['', '.parquet', '.csv']))}")

    def _any_path(self):
        role = self.draw(st.sampled_from(["products", "pairs", "scores", "index", "model", "report", "none"]))
        if role == "none":
            return self._odd_path()
        return self._odd_file(role) if self.draw(st.booleans()) else self.desk.good(role)

    def _odd_path(self):
        path = self.draw(st.sampled_from(ODD_PATHS))
        return path if path.startswith(("/", "-", "~", ".", "s3", "http")) or not path else str(self.desk.work / path)

    def _odd_file(self, role):
        how = self.draw(st.sampled_from(["table", "table", "raw", "cut", "path"]))
        if how == "path":
            return self._odd_path()
        self.files += 1
        place = self.desk.work / f"file{self.files}"
        if how == "cut":
            return self._cut(Path(self.desk.good(role)), place)
        return str(self.draw(ROLES[role] if how == "table" and role in ROLES else raw_files).write(place))

    def _cut(self, good, place):
        """Cut a good file short, or change a byte of it; of a folder, another file's bytes take its manifest's place."""
        if good.is_dir():
            return str(self.draw(raw_files).write(place))
        content = bytearray(good.read_bytes())
        at = self.draw(st.integers(0, len(content) - 1))
        if self.draw(st.booleans()):
            content = content[:at]
        else:
            content[at] ^= self.draw(st.integers(1, 255))
        place = place.with_suffix(good.suffix)
        place.write_bytes(bytes(content))
        return str(place)


odd_words = st.sampled_from(
    ["", " ", "-", "--", "nan", "日本", "\udcff", "a\nb", "%s", "{x}", "x" * 300, "../..", "1", "-1"]
)
_ = np
