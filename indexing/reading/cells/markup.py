"""HTML becomes the text that a browser shows: tags, comments, scripts and styles go, entities are read."""

import html
import re
from functools import cache, partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexing.files.content.cell_bytes import any_holds, which_hold
from indexing.reading.cells.distinct import mended

BLOCKS = (
    "address|article|aside|blockquote|br|caption|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h1|h2|h3|h4|h5|h6|"
    "header|hr|legend|li|main|nav|ol|option|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
UNSHOWN = "script|style|head|template|noscript|iframe|object|svg"
_INLINE = (
    "abbr|acronym|area|audio|a|basefont|base|big|body|button|b|center|cite|code|colgroup|col|del|embed|em|font|html|img|input|"
    "ins|i|kbd|label|link|map|mark|meta|param|picture|q|samp|select|small|source|span|strike|strong|sub|sup|s|textarea|time|"
    "title|tt|u|var|video|wbr"
)
_TAG = rf"</?(?:{BLOCKS}|{UNSHOWN}|{_INLINE})(?:[\s/>]|$)|<!(?:--|\[CDATA\[|DOCTYPE)"
_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_ODD = f"(?i:{_TAG})|{_ENTITY}"
_HAS_TAG, _ENTITIES = re.compile(_TAG, re.IGNORECASE), re.compile(_ENTITY)
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")  # lxml refuses them
_ANY_TAG = re.compile(r"<[^>]*>")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|$)", re.DOTALL)
MOST_ESCAPES = 3  # `&amp;nbsp;` was escaped twice


def without_markup(texts: pa.Array, breaks: str = " ") -> pa.Array:
    """Return texts (n,) without markup; `breaks` stands where a block or a line ended. What is left empty is null.

    `a < b` and `AT&T` stay as they are: only HTML's own tags and whole entities are markup.
    """
    if not any_holds(texts, b"<&"):
        return texts
    odd = pc.if_else(which_hold(texts, b"<&"), texts, pa.scalar(None, texts.type))
    return mended(texts, pc.match_substring_regex(odd, _ODD), partial(shown_text, breaks=breaks))


def written_breaks(texts: pa.Array) -> pa.Array:
    r"""Return texts (n,) with a line break where one is written as `\n`, as WooCommerce does; `C:\new` stays."""
    if not any_holds(texts, b"\\") or not pc.any(pc.match_substring(texts, r"\n")).as_py():
        return texts
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"(^|[^:\\])(?:(?:\\r)?\\n)+", "\\1\n"))


def shown_text(cell: str, breaks: str = " ") -> str | None:
    """Return what a browser shows of a text, None for nothing."""
    text = _CDATA.sub(r"\1", cell)
    if not _HAS_TAG.search(text):
        text = _unescaped(text)  # it may have been markup that was escaped as a whole
    if _HAS_TAG.search(text):
        text = _unescaped(_text_of(text, breaks))
    return text.strip() or None


def _unescaped(text: str) -> str:
    for _ in range(MOST_ESCAPES):
        read = _ENTITIES.sub(lambda found: html.unescape(found[0]), text)
        if read == text:
            break
        text = read
    return text.replace("\xa0", " ")


def _text_of(markup: str, breaks: str) -> str:
    from lxml import etree

    root = etree.fromstring(_UNSEEN.sub("", markup).encode(), _parser())
    if root is None:
        return ""
    for element in root.iter(*UNSHOWN.split("|")):
        element.clear(keep_tail=True)
    for element in root.iter(*BLOCKS.split("|")):
        element.text, element.tail = f"\n{element.text or ''}", f"\n{element.tail or ''}"
    text = "".join(root.itertext())
    if not text.strip() and not root.xpath(f"//{UNSHOWN.replace('|', '|//')}"):
        text = _ANY_TAG.sub(" ", markup)  # nested deeper than libxml2 follows
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r" ?\n\s*", breaks, text.strip())


@cache
def _parser() -> Any:
    from lxml import etree

    return etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
