"""Currencies are told by code, symbol or word, and kept as ISO 4217 codes wherever these can be known."""

import re
from functools import lru_cache

from price_parser import Price

_DOLLARS = (
    "USD",
    "AUD",
    "CAD",
    "NZD",
    "HKD",
    "SGD",
    "TWD",
    "MXN",
    "ARS",
    "CLP",
    "COP",
    "UYU",
    "JMD",
    "TTD",
    "BBD",
    "FJD",
)
_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR", "SCR")
_CROWNS = ("", "SEK", "NOK", "DKK", "ISK")
SHARED = {
    "$": _DOLLARS,
    "£": ("GBP", "EGP", "LBP", "SYP"), "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"), "kr": _CROWNS, "kr.": _CROWNS,
    "rs": _RUPEES, "rs.": _RUPEES, "₨": _RUPEES,
}  # fmt: skip
"""Symbols of several currencies, the commonest first ("": there is none); one of them that is stated goes before it."""
CODES = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "us$": "USD", "usd$": "USD", "dollar": "USD", "dollars": "USD",
    "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "nt$": "TWD",
    "mx$": "MXN", "r$": "BRL", "cn¥": "CNY", "元": "CNY", "rmb": "CNY", "円": "JPY", "₽": "RUB", "руб": "RUB",
    "руб.": "RUB", "р": "RUB", "р.": "RUB", "рублей": "RUB", "rub.": "RUB", "₴": "UAH", "грн": "UAH", "грн.": "UAH",
    "₸": "KZT", "тг": "KZT", "тг.": "KZT", "тенге": "KZT", "лв": "BGN", "лв.": "BGN", "дин.": "RSD", "₹": "INR",
    "zł": "PLN", "zl": "PLN", "kč": "CZK", "ft": "HUF", "lei": "RON", "leu": "RON", "₺": "TRY", "tl": "TRY",
    "₪": "ILS", "₩": "KRW", "원": "KRW", "฿": "THB", "₫": "VND", "đ": "VND", "₱": "PHP", "₦": "NGN", "₾": "GEL",
    "₼": "AZN", "֏": "AMD", "rp": "IDR", "rp.": "IDR", "rm": "MYR", "fr.": "CHF", "sfr.": "CHF", "le": "EGP",
    "l.e.": "EGP", "ج.م": "EGP", "جنيه": "EGP", "ر.س": "SAR", "sr": "SAR", "د.إ": "AED", "درهم": "AED", "د.ك": "KWD",
    "kd": "KWD", "ر.ق": "QAR", "ر.ع": "OMR", "د.ب": "BHD", "د.أ": "JOD", "د.ت": "TND", "د.م": "MAD", "د.ج": "DZD",
    "dh": "MAD", "dhs": "AED", "تومان": "IRT", "﷼": "IRR",
}  # fmt: skip
OF_SYMBOLS = frozenset(filter(None, (one for several in SHARED.values() for one in several)))
OF_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
WITHOUT_DECIMALS = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
    "HUF", "IDR", "IRR", "IRT",
})  # fmt: skip
"""Currencies that have no smaller unit (ISO 4217), or whose smaller unit nobody writes any more."""
_ISO = re.compile(r"[A-Z]{3}")
_MARKS = "\u200e\u200f\u202a\u202c"  # of direction, which Arabic prices are written with


@lru_cache(maxsize=65_536)
def currency_of(written: str, stated: str | None = None) -> str | None:
    """Return the currency in the text around a price's digits, None where none is named.

    It is an ISO code, or the symbol where that stands for several and `stated`, the column's, is none of them.
    """
    text = written.translate(dict.fromkeys(map(ord, _MARKS))).strip(" \xa0\u202f-–—:()[]*+~≈")
    if not text:
        return None
    found = _named(text, stated)
    if found is not None:
        return found
    for word in text.split() if " " in text else ():
        found = _named(word.strip("(),;:"), stated)
        if found is not None:
            return found
    return None


def _named(word: str, stated: str | None) -> str | None:
    """Return the currency that a word is, None for another word."""
    plain = word.casefold()
    if plain in SHARED:
        return stated if stated in SHARED[plain] else SHARED[plain][0] or plain.rstrip(".")
    if plain in CODES or plain.rstrip(".") in CODES:
        return CODES.get(plain) or CODES[plain.rstrip(".")]
    word = word.rstrip("$") or word
    symbol = Price.fromstring(f"{word} 1").currency
    if symbol is None or symbol.casefold() not in (plain, plain.upper()):
        upper = word.upper()
        symbol = Price.fromstring(f"{upper} 1").currency if _ISO.fullmatch(upper) else None
        return symbol if symbol == upper else None
    return symbol.upper() if _ISO.fullmatch(symbol.upper()) else symbol
