"""The vocabulary is what all categories of the sample share. All brands are invented."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Word:
    """A word is one meaning in two languages."""

    ru: str
    en: str

    def said(self, language: str) -> str:
        return self.ru if language == "ru" else self.en


@dataclass(frozen=True)
class Color:
    name: Word
    rgb: Rgb
    parsed: tuple[tuple[str, ...], ...]
    """A colour parser makes these lists of it: synonyms and truncations."""


BRANDS = (
    Word("Нордвейв", "Nordwave"),
    Word("Зелмар", "Zelmar"),
    Word("Кивано", "Kivano"),
    Word("Орбикс", "Orbix"),
    Word("Таврикс", "Tavrix"),
    Word("Люмео", "Lumeo"),
    Word("Пиксара", "Pixara"),
    Word("Вектра", "Vektra"),
    Word("Сонарикс", "Sonarix"),
    Word("Брайтон", "Braiton"),
    Word("Миронтек", "Mirontek"),
    Word("Ровелле", "Rovelle"),
    Word("Дексаро", "Dexaro"),
    Word("Гелион", "Gelion"),
    Word("Умбрикс", "Umbrix"),
    Word("Стелво", "Stelvo"),
    Word("Амперо", "Ampero"),
    Word("Хайпра", "Hypra"),
)

COLORS = (
    Color(Word("черный", "black"), (38, 38, 42), (("черный", "чер"), ("black", "черный"), ("черный",))),
    Color(Word("белый", "white"), (236, 236, 232), (("белый", "бел"), ("white", "белый"), ("белый",))),
    Color(Word("серый", "grey"), (134, 138, 144), (("grey", "серый"), ("серый", "сер"), ("серый",))),
    Color(Word("синий", "blue"), (36, 74, 168), (("синий", "син"), ("blue", "синий"), ("синий",))),
    Color(Word("голубой", "light blue"), (120, 186, 226), (("голубой", "гол"), ("голубой", "light", "blue"))),
    Color(Word("красный", "red"), (198, 36, 44), (("красный", "крас"), ("red", "красный"), ("красный",))),
    Color(Word("зеленый", "green"), (46, 140, 84), (("зеленый", "зел"), ("green", "зеленый"), ("зеленый",))),
    Color(Word("желтый", "yellow"), (240, 200, 40), (("желтый", "жел"), ("yellow", "желтый"))),
    Color(Word("розовый", "pink"), (236, 150, 178), (("розовый", "роз"), ("pink", "розовый"))),
    Color(Word("фиолетовый", "purple"), (118, 72, 160), (("фиолетовый", "фиол"), ("purple", "фиолетовый"))),
    Color(Word("оранжевый", "orange"), (238, 122, 36), (("оранжевый", "оранж"), ("orange", "оранжевый"))),
    Color(Word("золотой", "gold"), (212, 178, 110), (("золотой", "золот"), ("gold", "золотистый"))),
)

COUNTRIES = (Word("Китай", "China"), Word("Вьетнам", "Vietnam"), Word("Россия", "Russia"), Word("Тайвань", "Taiwan"))
MATERIALS = (Word("пластик", "plastic"), Word("металл", "metal"), Word("силикон", "silicone"), Word("нейлон", "nylon"))
