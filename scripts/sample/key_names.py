"""Sellers call attributes by names of their own: so many keys of each seller's are renamed, always to the same name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from scripts.sample.attributes import Attributes
from scripts.sample.chance import chance, pick, stream
from scripts.sample.offers import SELLERS, Offer

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "Бренд": ("Торговая марка", "Производитель", "Фирма"),
    "Brand": ("Manufacturer", "Make", "Vendor"),
    "Модель": ("Название модели", "Артикул модели"),
    "Model": ("Model name", "Product line"),
    "Тип": ("Вид товара", "Категория изделия"),
    "Type": ("Kind", "Product type"),
    "Цвет товара": ("Расцветка", "Оттенок", "Основной цвет"),
    "Color": ("Colourway", "Shade", "Finish"),
    "Вес": ("Масса", "Вес нетто"),
    "Weight": ("Net mass", "Item mass"),
    "Страна-изготовитель": ("Сделано в", "Происхождение"),
    "Country of origin": ("Made in", "Origin"),
    "Материал": ("Состав", "Материал корпуса"),
    "Material": ("Composition", "Made of"),
    "Гарантийный срок": ("Гарантия", "Срок службы"),
    "Warranty": ("Guarantee", "Warranty period"),
    "Особенности": ("Дополнительно", "Функции"),
    "Features": ("Highlights", "Extras"),
    "Длина кабеля": ("Длина", "Размер кабеля"),
    "Length": ("Cable length", "Reach"),
    "Подходит для": ("Совместимость", "Устройство"),
    "Compatible with": ("Fits", "For device"),
    "Встроенная память": ("ПЗУ", "Память телефона"),
    "Storage": ("Internal storage", "Disk size"),
    "Версия": ("Исполнение", "Модификация"),
    "Edition": ("Variant", "Release"),
    "Объем памяти": ("Емкость карты", "Память"),
    "Capacity": ("Card size", "Memory size"),
    "Количество в упаковке": ("Штук в упаковке", "Комплектация"),
    "Pack of": ("Pieces", "Units per pack"),
    "Объем накопителя": ("Жесткий диск", "Размер накопителя"),
}


def rename_keys(offers: tuple[Offer, ...], share: float, seed: int) -> tuple[Offer, ...]:
    """Return the offers with so many of each seller's attribute keys renamed."""
    rng = stream(seed, "renamed keys")
    names = [_own_names(share, rng) for _ in SELLERS]
    return tuple(replace(offer, attributes=_renamed(offer.attributes, names[offer.seller])) for offer in offers)


def _own_names(share: float, rng: np.random.Generator) -> dict[str, str]:
    drawn = {key: (chance(rng, share), pick(rng, others)) for key, others in OTHER_NAMES.items()}
    return {key: name for key, (renamed, name) in drawn.items() if renamed}


def _renamed(attributes: Attributes | None, names: Mapping[str, str]) -> Attributes | None:
    return None if attributes is None else {names.get(key, key): value for key, value in attributes.items()}
