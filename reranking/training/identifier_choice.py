"""Features of identifiers are left out where the labels were made from these: a model would only repeat the labels."""

from dataclasses import replace

from indexing.catalog.product_codes import has_codes
from indexing.product_index import ProductIndex
from reranking.identifiers.identifiers import Identifiers
from reranking.identifiers.label_evidence import SharingLabels, sharing_labels
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs


def compares_identifiers(index: ProductIndex, options: TrainOptions) -> bool:
    """Return whether features compare barcodes and part numbers: where products have some, and the options let them."""
    return options.identifiers != "drop" and has_codes(index.catalog)


def choose_identifiers(
    index: ProductIndex, pairs: LabelledPairs, options: TrainOptions
) -> tuple[TrainOptions, tuple[str, ...]]:
    """Return the options, with the features of identifiers dropped where these made the labels unless the options say
    otherwise, and what to tell the user."""
    if options.identifiers == "drop" or not has_codes(index.catalog):
        return options, ()
    found = sharing_labels(Identifiers.of(index.catalog), pairs.left, pairs.right, pairs.targets)
    if not found.made_from_identifiers:
        return options, ()
    if options.identifiers == "keep":
        return options, (f"{_told(found)}; their features are kept, as asked (--identifiers keep)",)
    return replace(options, identifiers="drop"), (
        f"{_told(found)}: a model that sees them would only repeat the labels, and fail where they are missing. Their "
        "features are left out (--identifiers keep keeps them); titles and attributes may still hold part numbers",
    )


def _told(found: SharingLabels) -> str:
    others = "" if found.of_others is None else f", and {found.of_others:.1%} of the non-matches"
    return (
        f"the labels seem made from identifiers: {found.of_matches:.1%} of the {found.matches:,} matches share a barcode, "
        f"or brand and part number{others}"
    )
