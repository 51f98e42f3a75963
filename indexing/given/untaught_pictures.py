"""An index whose pictures could not be read when it was built has learned nothing of them, and sees those that come later no better."""

from indexing.encoders.pictures.patches.model import PatchEncoder
from indexing.encoders.record import PatchesMade
from indexing.product_index import ProductIndex


def untaught_pictures(index: ProductIndex) -> tuple[str, ...]:
    """Return a note where an index sees pictures by what it learned of its own, and has learned nothing."""
    record = index.made.encoders.get("image")
    if record is None or not isinstance(record.made, PatchesMade):
        return ()
    encoder = index.encoder("image")
    assert isinstance(encoder, PatchEncoder)
    having = 0 if encoder.model.learned else sum(name is not None for name in index.catalog.main_pictures())
    if having < 2:
        return ()
    read = int(index.seen["image"].sum())
    return (
        f"patches had no two different pictures to learn from (those of {read:,} of {having:,} products could be read): it adds "
        "nothing to what thumbnail sees, whatever updates bring, until it learns again once they are there: "
        f"heroic compact {index.folder} --refit",
    )
