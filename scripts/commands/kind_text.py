"""What `heroic score` says of the kind of its calls where it does not take the promise back."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reranking.kinds.kind_check import KindCheck


def kind_lines(kinds: "KindCheck | None") -> list[str]:
    """Return what is to be said where nothing is withdrawn: the share of unlike calls, or why it is not known."""
    if kinds is None:
        return []
    if kinds.found is not None:
        share, calls = kinds.found.all.share, kinds.found.calls
        return [f"kind of calls: {100 * share:.0f} % of {calls:,} looked at are unlike any that were judged"]
    from reranking.kinds.unlike_calls import LEAST_CALLS

    why = {
        "kept": "the model keeps no features of its validation pairs (train it again)",
        "judged": f"only {kinds.calls:,} of the validation pairs that the model keeps are called, {LEAST_CALLS} are needed",
        "called": f"only {kinds.calls:,} pairs are called, {LEAST_CALLS} are needed",
        None: "",
    }[kinds.untold]
    return [f"kind of calls: not compared with validation's: {why}"]
