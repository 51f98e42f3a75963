"""Each of the sample's eight categories says its words, what varies in them, and how common it is."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.sample.words import Word


@dataclass(frozen=True)
class Option:
    """An option is what only the text of an offer says: a length, a capacity, a count, a device or an edition."""

    unit: str
    value: float = 0.0
    name: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind is a category and says what its products are like. Ranges are inclusive."""

    name: str
    levels: tuple[str, str, str, str]
    nouns: tuple[Word, ...]
    series: tuple[str, ...]
    traits: tuple[str, ...]
    features: tuple[Word, ...]
    option_name: Word
    options: tuple[Option, ...]
    patterns: tuple[str, ...]
    share: float
    """The kind makes up this share of the products."""
    demand: float
    """Sellers offer it this readily, relative to the other kinds."""
    looks_per_model: tuple[int, int]
    options_per_model: tuple[int, int]
    models_per_line: tuple[int, int]
    price: float
    """A typical product costs so many roubles."""


ELECTRONICS = "Электроника"


def _measures(unit: str, *values: float) -> tuple[Option, ...]:
    return tuple(Option(unit, value) for value in values)


def _names(unit: str, *names: str) -> tuple[Option, ...]:
    return tuple(Option(unit, name=name) for name in names)


KINDS = (
    Kind(
        name="cable",
        levels=(ELECTRONICS, "Аксессуары для электроники", "Кабели и переходники", "Кабель"),
        nouns=(Word("Кабель", "Cable"), Word("Шнур", "Cord"), Word("Провод", "Cable")),
        series=("Flexi", "Braid", "Link", "Core", "Duo", "Sync"),
        traits=(
            "USB-C - USB-C",
            "USB-A - USB-C",
            "HDMI - HDMI",
            "USB-C - HDMI",
            "AUX 3.5",
            "DisplayPort",
            "RJ45 Cat.6",
        ),
        features=(
            Word("быстрая зарядка", "fast charging"),
            Word("в оплетке", "braided"),
            Word("угловой", "angled"),
            Word("60 Вт", "60W"),
        ),
        option_name=Word("Длина кабеля", "Length"),
        options=_measures("m", 0.5, 1, 1.5, 2, 3, 5, 10),
        patterns=("plain", "diagonal", "bands"),
        share=0.185,
        demand=1.0,
        looks_per_model=(2, 3),
        options_per_model=(3, 6),
        models_per_line=(1, 3),
        price=450.0,
    ),
    Kind(
        name="case",
        levels=(ELECTRONICS, "Аксессуары для электроники", "Чехлы для смартфонов", "Чехол-накладка"),
        nouns=(Word("Чехол", "Case"), Word("Чехол-накладка", "Cover"), Word("Бампер", "Bumper case")),
        series=("Shell", "Armor", "Silk", "Art", "Slim"),
        traits=("TPU", "Soft Touch", "MagLock", "Glass"),
        features=(
            Word("противоударный", "shockproof"),
            Word("с принтом", "printed"),
            Word("с защитой камеры", "camera protection"),
            Word("матовый", "matte"),
        ),
        option_name=Word("Подходит для", "Compatible with"),
        options=_names(
            "device", "Orbix 11", "Orbix 11 Pro", "Orbix 12", "Pixara S20", "Pixara S21", "Kivano A52", "Kivano A53"
        ),
        patterns=("plain", "stripes", "dots", "check", "waves", "rings", "halves", "diagonal", "triangles"),
        share=0.18,
        demand=0.9,
        looks_per_model=(4, 8),
        options_per_model=(1, 3),
        models_per_line=(1, 2),
        price=690.0,
    ),
    Kind(
        name="phone",
        levels=(ELECTRONICS, "Телефоны и умные часы", "Смартфоны", "Смартфон"),
        nouns=(Word("Смартфон", "Smartphone"), Word("Мобильный телефон", "Mobile phone"), Word("Телефон", "Phone")),
        series=("Nova", "Edge", "One", "Prime", "Zen", "Spark"),
        traits=("5G", "LTE", "NFC", "6.7 AMOLED"),
        features=(
            Word("2 SIM", "Dual SIM"),
            Word("камера 50 Мп", "50MP camera"),
            Word("Ростест", "EAC"),
            Word("глобальная версия", "global version"),
        ),
        option_name=Word("Встроенная память", "Storage"),
        options=_measures("gb", 64, 128, 256, 512),
        patterns=("plain", "gradient", "halves"),
        share=0.165,
        demand=1.25,
        looks_per_model=(2, 4),
        options_per_model=(2, 3),
        models_per_line=(1, 3),
        price=24000.0,
    ),
    Kind(
        name="headphones",
        levels=(ELECTRONICS, "Аудиотехника", "Наушники", "Беспроводные наушники"),
        nouns=(
            Word("Наушники", "Headphones"),
            Word("Гарнитура", "Headset"),
            Word("Беспроводные наушники", "Earphones"),
        ),
        series=("Air", "Bass", "Studio", "Pulse", "Echo"),
        traits=("Bluetooth 5.3", "Bluetooth 5.0", "TWS", "ANC"),
        features=(
            Word("с микрофоном", "with microphone"),
            Word("шумоподавление", "noise cancelling"),
            Word("накладные", "on-ear"),
            Word("30 часов", "30h playtime"),
        ),
        option_name=Word("Версия", "Edition"),
        options=_names("edition", "", "Pro", "Lite", "Max", "SE", "II"),
        patterns=("plain", "halves", "bands"),
        share=0.125,
        demand=1.3,
        looks_per_model=(1, 4),
        options_per_model=(1, 2),
        models_per_line=(1, 2),
        price=3900.0,
    ),
    Kind(
        name="memory",
        levels=(ELECTRONICS, "Носители информации", "Карты памяти", "Карта памяти microSD"),
        nouns=(Word("Карта памяти", "Memory card"), Word("Флеш карта", "Flash card"), Word("Карта", "Card")),
        series=("Ultra", "Swift", "Endure", "Action"),
        traits=("microSDXC U3", "SDXC V30", "microSDHC A1", "SDHC Class 10"),
        features=(
            Word("с адаптером", "with adapter"),
            Word("100 МБ/с", "100MB/s"),
            Word("для видеорегистратора", "for dashcam"),
            Word("4K", "4K"),
        ),
        option_name=Word("Объем памяти", "Capacity"),
        options=_measures("gb", 16, 32, 64, 128, 256, 512),
        patterns=("bands", "halves", "diagonal"),
        share=0.115,
        demand=1.3,
        looks_per_model=(1, 2),
        options_per_model=(2, 5),
        models_per_line=(1, 1),
        price=1400.0,
    ),
    Kind(
        name="battery",
        levels=(ELECTRONICS, "Элементы питания", "Батарейки и аккумуляторы", "Батарейка"),
        nouns=(Word("Батарейки", "Batteries"), Word("Батарейка", "Battery"), Word("Элемент питания", "Cells")),
        series=("Power", "Max Energy", "Longlife", "Volt"),
        traits=("AA LR6", "AAA LR03", "C LR14", "18650 Li-ion"),
        features=(
            Word("алкалиновые", "alkaline"),
            Word("1.5 В", "1.5V"),
            Word("блистер", "blister"),
            Word("щелочные", "long lasting"),
        ),
        option_name=Word("Количество в упаковке", "Pack of"),
        options=_measures("pcs", 2, 4, 8, 12, 24),
        patterns=("bands", "halves", "plain"),
        share=0.09,
        demand=1.2,
        looks_per_model=(1, 2),
        options_per_model=(2, 4),
        models_per_line=(1, 1),
        price=320.0,
    ),
    Kind(
        name="mouse",
        levels=(ELECTRONICS, "Компьютерная периферия", "Мыши", "Компьютерная мышь"),
        nouns=(Word("Мышь", "Mouse"), Word("Компьютерная мышь", "Computer mouse"), Word("Мышка", "Gaming mouse")),
        series=("Glide", "Strike", "Click", "Raptor", "Orbit"),
        traits=("USB", "2.4G", "Bluetooth", "RGB"),
        features=(
            Word("беспроводная", "wireless"),
            Word("игровая", "gaming"),
            Word("бесшумная", "silent"),
            Word("6 кнопок", "6 buttons"),
        ),
        option_name=Word("Версия", "Edition"),
        options=_names("edition", "", "Pro", "Mini", "X", "V2"),
        patterns=("plain", "halves", "stripes"),
        share=0.085,
        demand=2.0,
        looks_per_model=(1, 2),
        options_per_model=(1, 2),
        models_per_line=(1, 1),
        price=1500.0,
    ),
    Kind(
        name="console",
        levels=(ELECTRONICS, "Игры и консоли", "Игровые приставки", "Игровая консоль"),
        nouns=(Word("Игровая приставка", "Game console"), Word("Игровая консоль", "Gaming console")),
        series=("Arena", "Quest", "Vision", "Retro"),
        traits=("4K HDR", "HDMI", "8K", "Wi-Fi 6"),
        features=(
            Word("с геймпадом", "with gamepad"),
            Word("с дисководом", "disc edition"),
            Word("цифровая", "digital"),
            Word("ростест", "EU version"),
        ),
        option_name=Word("Объем накопителя", "Storage"),
        options=_measures("gb", 256, 512, 1024, 2048),
        patterns=("plain", "halves"),
        share=0.05,
        demand=8.5,
        looks_per_model=(1, 2),
        options_per_model=(1, 1),
        models_per_line=(1, 1),
        price=42000.0,
    ),
)
