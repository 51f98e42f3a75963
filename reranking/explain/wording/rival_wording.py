"""What the other neighbours of two products say of the pair, in words."""

import math

from reranking.explain.wording.seen_pair import SeenPair, Wording

CLOSE = 0.5  # log-odds: a lead this small is none


def rival_wording(pair: SeenPair) -> Wording:
    """Whether another neighbour suits a side better, by the log-odds of the first look, and how many others suit."""
    lead = pair.found.value("rival_lead_smaller")
    if math.isnan(lead):
        return Wording()
    offer = pair.found.value("rival_offer_lead_smaller")
    expected = pair.found.value("rivals_expected_larger")
    others = f"; {expected:.1f} matches expected among other neighbours" if expected >= 0.1 else ""
    if offer <= -CLOSE:
        return Wording(apart=f"another offer of the same source suits better, by {-offer:.1f} in log-odds{others}")
    if lead <= -CLOSE:
        return Wording(apart=f"another neighbour suits better, by {-lead:.1f} in log-odds{others}")
    if lead < CLOSE:
        told = f"another neighbour suits about as well{others}"
        return Wording(told, told)
    return Wording(
        alike=f"no other neighbour of either suits as well, this one leads by {lead:.1f} in log-odds{others}"
    )
