"""Colours are read by their Russian and English names, whole or cut short, as one bit each."""

from collections.abc import Iterable, Mapping

from indexing.words.tokens import fold, words

_ENDINGS = ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие", "ого", "его", "ую", "юю", "ым", "им", "ых", "их")
# name: (stems of Russian adjectives, other words)
_COLORS = {
    "black": ("черн", "black blk schwarz noir graphite графит"),
    "white": ("бел", "white wht ivory cream слоновая кремовый молочный"),
    "grey": ("сер темносер светлосер", "grey gray gry anthracite антрацит"),
    "silver": ("серебрян серебрист", "silver slv серебро chrome хром steel inox stainless стальной"),
    "gold": ("золот золотист", "gold golden золото champagne шампань"),
    "red": ("красн ал", "red scarlet"),
    "burgundy": ("бордов вишнев", "burgundy maroon wine бордо"),
    "orange": ("оранжев", "orange coral коралловый"),
    "yellow": ("желт", "yellow lemon лимонный"),
    "green": ("зелен салатов", "green lime olive оливковый mint мятный хаки khaki"),
    "turquoise": ("бирюзов", "turquoise teal aqua cyan"),
    "blue": ("син темносин", "blue navy"),
    "light blue": ("голуб", "azure skyblue"),
    "purple": ("фиолетов сиренев лилов", "purple violet lilac lavender лаванда"),
    "pink": ("розов", "pink rose fuchsia magenta фуксия peach персиковый"),
    "brown": ("коричнев шоколадн", "brown chocolate coffee шоколад"),
    "beige": ("бежев песочн", "beige sand nude tan"),
    "transparent": ("прозрачн", "transparent clear"),
    "multicolour": ("разноцветн цветн", "multicolor multicolour multicolored мультиколор"),
    "bronze": ("бронзов медн", "bronze copper бронза медь"),
}
COLORS = tuple(_COLORS)
_SHORTEST_CUT = 3
# a word of the key of an attribute of colour
_KEYS = frozenset(
    {
        *("цвет", "цвета", "цв", "расцветка", "оттенок", "колір"),
        *("color", "colors", "colour", "colours", "shade"),
        *("farbe", "farben", "couleur", "couleurs", "colore", "kleur", "kolor", "barva", "renk"),
    }
)


def _name_bits() -> dict[str, int]:
    bits: dict[str, int] = {}
    for i, (stems, others) in enumerate(_COLORS.values()):
        names = [stem + ending for stem in stems.split() for ending in _ENDINGS] + others.split()
        for name in names:
            bits[name] = bits.get(name, 0) | 1 << i
    return bits


def _cut_bits(names: dict[str, int]) -> dict[str, int]:
    """Return the beginnings of names, three letters and more, that are of one colour only."""
    cuts: dict[str, int] = {}
    for name, bit in names.items():
        for end in range(_SHORTEST_CUT, len(name)):
            cuts[name[:end]] = cuts.get(name[:end], 0) | bit
    return {cut: bits for cut, bits in cuts.items() if bits.bit_count() == 1}


_NAMES = _name_bits()
_CUTS = _cut_bits(_NAMES)


def colors_in(title_words: Iterable[str]) -> int:
    """Return the colours among the words of a title, one bit each; only whole words count."""
    bits = 0
    for word in title_words:
        bits |= _NAMES.get(word, 0)
    return bits


def colors_named(names: Iterable[str]) -> int:
    """Return the colours of a colour field, one bit each; a name cut short (`чер`) counts where it can be but one."""
    bits = 0
    for name in names:
        for word in words(fold(name)):
            bits |= _NAMES.get(word) or _CUTS.get(word, 0)
    return bits


def colors_stated(attributes: Iterable[Mapping[str, str | None]]) -> int:
    """Return the colours that attributes of colour state, by their keys, one bit each; they are read as a colour field is."""
    return colors_named(each["value"] or "" for each in attributes if states_color(each["key"] or ""))


def states_color(key: str) -> bool:
    """Say whether an attribute with this key states a colour."""
    return not _KEYS.isdisjoint(words(fold(key)))
