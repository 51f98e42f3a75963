"""These words may be said at the prompt: commands, and the endings of files that are pictures."""

from dataclasses import dataclass

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Command:
    """It is what a line that begins with a colon may say."""

    name: str
    argument: str
    meaning: str


COMMANDS = (
    Command(":id", "ID", "neighbours of a product of the catalogue"),
    Command(":text", "TEXT", "products like a text"),
    Command(":image", "FILE", "products like a picture"),
    Command(":category", "NAME", "only products of this category, at any level; without a name all again"),
    Command(":source", "NAME", "only products of this source, and of others named so before; without a name all again"),
    Command(":not-source", "NAME", "no products of this source; without a name all again"),
    Command(":k", "N", "how many neighbours to show"),
    Command(":explain", "N", "why neighbour N of the last query is one"),
    Command(":help", "", "these lines"),
    Command(":quit", "", "leave (also Ctrl-D)"),
)
