"""Products that shops sell: made from a number, so that what every export says of them is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

PER_KIND = 20  # of which twelve come in threes: the variants of four products
VARIANTS = 3
BRANDS = ("Zorvex", "Palmerin", "Quintora", "Belvaro", "Ostrevi")
COLOURS = (
    {"en": "Red", "ru": "красный", "ar": "أحمر", "ja": "レッド", "de": "Rot"},
    {"en": "Blue", "ru": "синий", "ar": "أزرق", "ja": "ブルー", "de": "Blau"},
    {"en": "Black", "ru": "чёрный", "ar": "أسود", "ja": "ブラック", "de": "Schwarz"},
    {"en": "Moss Green", "ru": "зелёный", "ar": "أخضر", "ja": "グリーン", "de": "Grün"},
)
MATERIALS = ("Steel", "Glass", "Plastic")


@dataclass(frozen=True)
class Kind:
    """A kind of product: its category's three levels, its noun and the name of its size in each language."""

    code: str
    levels: dict[str, tuple[str, str, str]]
    noun: dict[str, str]
    measure: dict[str, str]
    sizes: tuple[str, ...]


KINDS = (
    Kind(
        "KT",
        {
            "en": ("Home & Kitchen", "Small Appliances", "Kettles"),
            "ru": ("Дом и кухня", "Малая техника", "Чайники"),
            "ar": ("المنزل والمطبخ", "أجهزة صغيرة", "غلايات"),
            "ja": ("家電", "キッチン家電", "電気ケトル"),
            "de": ("Haus & Küche", "Kleingeräte", "Wasserkocher"),
        },
        {"en": "Kettle", "ru": "чайник", "ar": "غلاية", "ja": "電気ケトル", "de": "Wasserkocher"},
        {"en": "Volume", "ru": "Объём", "ar": "السعة", "ja": "容量", "de": "Volumen"},
        ("1.2 l", "1.5 l", "1.7 l"),
    ),
    Kind(
        "TS",
        {
            "en": ("Home & Kitchen", "Small Appliances", "Toasters"),
            "ru": ("Дом и кухня", "Малая техника", "Тостеры"),
            "ar": ("المنزل والمطبخ", "أجهزة صغيرة", "محامص"),
            "ja": ("家電", "キッチン家電", "トースター"),
            "de": ("Haus & Küche", "Kleingeräte", "Toaster"),
        },
        {"en": "Toaster", "ru": "тостер", "ar": "محمصة", "ja": "トースター", "de": "Toaster"},
        {"en": "Power", "ru": "Мощность", "ar": "القدرة", "ja": "消費電力", "de": "Leistung"},
        ("750 W", "900 W", "1100 W"),
    ),
    Kind(
        "HP",
        {
            "en": ("Electronics", "Audio & Video", "Headphones"),
            "ru": ("Электроника", "Аудио и видео", "Наушники"),
            "ar": ("إلكترونيات", "الصوت والفيديو", "سماعات"),
            "ja": ("家電", "オーディオ", "ヘッドホン"),
            "de": ("Elektronik", "Audio & Video", "Kopfhörer"),
        },
        {"en": "Headphones", "ru": "наушники", "ar": "سماعات", "ja": "ヘッドホン", "de": "Kopfhörer"},
        {"en": "Cable", "ru": "Кабель", "ar": "الكابل", "ja": "ケーブル長", "de": "Kabel"},
        ("1.2 m", "2 m", "3 m"),
    ),
    Kind(
        "BP",
        {
            "en": ("Sport & Travel", "Bags", "Backpacks"),
            "ru": ("Спорт и туризм", "Сумки", "Рюкзаки"),
            "ar": ("الرياضة والسفر", "حقائب", "حقائب ظهر"),
            "ja": ("スポーツ", "バッグ", "リュック"),
            "de": ("Sport & Reise", "Taschen", "Rucksäcke"),
        },
        {"en": "Backpack", "ru": "рюкзак", "ar": "حقيبة ظهر", "ja": "リュック", "de": "Rucksack"},
        {"en": "Capacity", "ru": "Вместимость", "ar": "السعة", "ja": "容量", "de": "Fassungsvermögen"},
        ("18 l", "25 l", "32 l"),
    ),
    Kind(
        "MG",
        {
            "en": ("Home & Kitchen", "Tableware", "Mugs"),
            "ru": ("Дом и кухня", "Посуда", "Кружки"),
            "ar": ("المنزل والمطبخ", "أدوات المائدة", "أكواب"),
            "ja": ("キッチン用品", "食器", "マグカップ"),
            "de": ("Haus & Küche", "Geschirr", "Becher"),
        },
        {"en": "Mug", "ru": "кружка", "ar": "كوب", "ja": "マグカップ", "de": "Becher"},
        {"en": "Volume", "ru": "Объём", "ar": "السعة", "ja": "容量", "de": "Volumen"},
        ("250 ml", "300 ml", "350 ml"),
    ),
    Kind(
        "LM",
        {
            "en": ("Home & Kitchen", "Lighting", "Desk Lamps"),
            "ru": ("Дом и кухня", "Освещение", "Настольные лампы"),
            "ar": ("المنزل والمطبخ", "إضاءة", "مصابيح مكتب"),
            "ja": ("インテリア", "照明", "デスクライト"),
            "de": ("Haus & Küche", "Beleuchtung", "Schreibtischlampen"),
        },
        {
            "en": "Desk Lamp",
            "ru": "лампа настольная",
            "ar": "مصباح مكتب",
            "ja": "デスクライト",
            "de": "Schreibtischlampe",
        },
        {"en": "Power", "ru": "Мощность", "ar": "القدرة", "ja": "消費電力", "de": "Leistung"},
        ("5 W", "7 W", "9 W"),
    ),
)
PRODUCTS = PER_KIND * len(KINDS)


@dataclass(frozen=True)
class Product:
    """A product is made from its number. Those with the same `group` are the variants of one."""

    number: int

    @cached_property
    def kind(self) -> Kind:
        return KINDS[self.number // PER_KIND % len(KINDS)]

    @property
    def place(self) -> int:
        """Return the place among the products of its kind."""
        return self.number % PER_KIND

    @property
    def many(self) -> bool:
        """Return whether it is one of several variants."""
        return self.place < 4 * VARIANTS

    @property
    def group(self) -> int:
        """Return the number of the first variant, its own where it has none beside it."""
        return self.number - self.place % VARIANTS if self.many else self.number

    @property
    def brand(self) -> str:
        return BRANDS[(self.group * 7 + self.number // PRODUCTS) % len(BRANDS)]

    @property
    def model(self) -> str:
        """Return what all variants are called."""
        return f"{self.kind.code}-{317 + self.group * 53 % 6007}"

    @property
    def sku(self) -> str:
        return f"{self.model}-{self.number:04d}"

    @property
    def size(self) -> str:
        return self.kind.sizes[self.number % VARIANTS]

    @property
    def colour(self) -> dict[str, str]:
        return COLOURS[(self.number + self.number // 5) % len(COLOURS)]

    @property
    def material(self) -> str:
        return MATERIALS[self.group % len(MATERIALS)]

    @property
    def price(self) -> float:
        """Return the price in units of whichever currency: from 9.50 to 1,899, above a thousand for every ninth."""
        cents = 950 + self.number * 3701 % 7000 + (120_000 + self.number * 90 if self.number % 9 == 0 else 0)
        return cents / 100

    @property
    def barcode(self) -> str:
        """Return an EAN-13 of the range that is for examples (GS1 prefix 952): no thing on sale has it."""
        digits = f"952{self.number * 104_729 % 10**9:09d}"
        odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
        return f"{digits}{-(odd + 3 * even) % 10}"

    @property
    def pictures(self) -> list[str]:
        """Return names of pictures, the main one first, of up to three; one product of ten has none."""
        if self.number % 10 == 3:
            return []
        more = [f"{self.sku.lower()}-{side}.jpg" for side in ("side", "back")[: (0, 1, 0, 2)[self.number % 4]]]
        return [f"{self.sku.lower()}.jpg", *more]

    def name(self, language: str = "en") -> str:
        """Return what is common to all variants: `Zorvex Kettle KT-317`."""
        noun = self.kind.noun[language]
        return (
            f"{noun.capitalize()} {self.brand} {self.model}"
            if language == "ru"
            else f"{self.brand} {noun} {self.model}"
        )

    def title(self, language: str = "en") -> str:
        return f"{self.name(language)} {self.size} {self.colour[language]}"

    def reworded(self) -> str:
        """Return the title as another shop writes it: another order, no hyphen, no space before a unit."""
        size, model = self.size.replace(" ", ""), self.model.replace("-", " ")
        return f"{self.kind.noun['en'].lower()} {self.brand.upper()} {model}, {self.colour['en'].lower()}, {size}"

    def attributes(self, language: str = "en") -> dict[str, str]:
        colour = {"en": "Colour", "ru": "Цвет", "ar": "اللون", "ja": "カラー", "de": "Farbe"}[language]
        return {colour: self.colour[language], self.kind.measure[language]: self.size}

    def sentence(self) -> str:
        """Return a description without markup."""
        return f"A {self.kind.noun['en'].lower()} of {self.material.lower()} & care, made by {self.brand}."

    def markup(self) -> str:
        """Return a description as shops keep it: HTML with entities, a list, a style and a line break."""
        noun = self.kind.noun["en"].lower()
        return (
            f"<style>.d{{color:#333}}</style><p>A {noun} of <strong>{self.material.lower()}</strong> &amp; care,&nbsp;"
            f"made by {self.brand}.</p>\n<ul><li>{self.kind.measure['en']}: {self.size}</li><li>Cleans easily</li></ul>"
        )


def made_products(count: int = PRODUCTS) -> list[Product]:
    """Return the first products; with more than 120 of them, kinds come round again under other models."""
    return [Product(number) for number in range(count)]


def variants(products: Sequence[Product]) -> list[list[Product]]:
    """Return the products of each group, together."""
    groups: dict[int, list[Product]] = {}
    for product in products:
        groups.setdefault(product.group, []).append(product)
    return list(groups.values())
