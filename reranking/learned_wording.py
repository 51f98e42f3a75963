"""What a linear model learned of the words of two titles, in words."""

from collections.abc import Sequence

from reranking.wording import SeenPair, Wording, short

MOST = 3
LEAST = 0.1  # log-odds: less is nothing


def learned_wording(pair: SeenPair) -> Wording:
    """The words that speak most for a match, and most against."""
    ordered = sorted(pair.learned.items(), key=lambda item: (-abs(item[1]), item[0]))
    told = {
        sign: [_told(words, weight) for words, weight in ordered if weight * sign >= LEAST][:MOST] for sign in (1, -1)
    }
    nothing = "no word of the titles tells much"
    return Wording(alike="; ".join(told[1]), apart="; ".join(told[-1]), otherwise=nothing)


def _told(words: Sequence[str], weight: float) -> str:
    quoted = [f"“{short(word)}”" for word in words]
    if len(words) == 1:
        where = f"{quoted[0]} in one title only"
    else:
        where = f"{quoted[0]} in both" if words[0] == words[1] else f"{quoted[0]} against {quoted[1]}"
    return f"{where} ({weight:+.1f})"
