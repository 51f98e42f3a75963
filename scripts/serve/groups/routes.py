"""Groups are looked at by whoever may read; who may label decides of them, and takes decisions back."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from indexing.catalog.catalog import Catalog
from indexing.errors import InputError
from reranking.grouping.decision_store import DecisionStore
from reranking.grouping.decisions import Decision, DecisionKind, DecisionsDisagree, KeptDecision
from reranking.grouping.members import GroupMembers
from reranking.grouping.seen_titles import titles_of
from reranking.labels.label import Id
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm
from scripts.serve.api.products import IdAsked, ProductId, unquoted
from scripts.serve.engine.served import Served
from scripts.serve.engine.service import Asked, Service
from scripts.serve.groups.board import OpenedGroups, Order
from scripts.serve.groups.decided import decision_document
from scripts.serve.groups.desk import GroupDesk
from scripts.serve.groups.documents import group_document, groups_document
from scripts.serve.groups.forms import (
    ConfirmForm,
    DecideForm,
    DecisionsForm,
    FoundGroup,
    GroupForm,
    GroupsForm,
    TakenForm,
    UndoForm,
)
from scripts.serve.safety.guard import needs, visitor_of
from scripts.serve.safety.tokens import Role

MOST_GROUPS, MOST_MEMBERS, MOST_DECISIONS = 100, 500, 100
READING_S = 2.0
STALE = "the groups were made anew since you saw them: look at this one again"
EXCHANGED = "the index was replaced since you saw these products, which may read otherwise now: look at them again"
Place = Annotated[int, Query(ge=0, lt=2**31)]

router = APIRouter(tags=["groups"], responses={status: {"model": ErrorForm} for status in (403, 404, 409, 422, 503)})


async def _group_name(group_name: str, name: IdAsked = None) -> str:
    return unquoted(group_name) if name is None else name


GroupName = Annotated[str, Depends(_group_name)]


@router.get("/groups", responses={200: {"model": GroupsForm}})
async def groups(
    request: Request,
    service: Asked,
    order: Order = "largest",
    offset: Place = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_GROUPS)] = 24,
) -> Response:
    """Return groups of two and more products, the largest first, or the one with the weakest link."""
    desk, opened = _opened(service)
    served = service.current.opened
    numbers = opened.orders[order]
    decided = await desk.counts(opened)
    chosen = numbers[offset : offset + limit].tolist()
    found = await service.workers.do(groups_document, opened, served.index.catalog, chosen, decided)
    about = {"groups": len(numbers), "products": len(opened.linked.members.ids)}
    return as_json({**_told(request, desk, opened, served), "order": order, "offset": offset, **about, "found": found})


@router.get("/groups/{group_name}", responses={200: {"model": GroupForm}})
async def group(
    request: Request,
    group_name: GroupName,
    service: Asked,
    offset: Place = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_MEMBERS)] = 100,
) -> Response:
    """Return a group: its members from `offset` on, their links with the weakest marked, and what was decided."""
    desk, opened = _opened(service)
    served = service.current.opened
    number = _number(opened, group_name)
    decided = await desk.about(opened.linked.members, number, served.index.catalog)
    places = range(opened.linked.members.size(number))[offset : offset + limit]
    document = await service.workers.do(group_document, opened, served.index.catalog, number, decided, places)
    return as_json({**_told(request, desk, opened, served), "offset": offset, **document})


@router.get("/grouped", responses={200: {"model": FoundGroup | None}})
async def grouped(service: Asked, words: Annotated[str, Query(min_length=1, max_length=1_000)]) -> Response:
    """Return the group of this name, or else that of the product of this id; null where there is neither."""
    members = _opened(service)[1].linked.members
    number, place = members.number(words), int(members.find(pa.array([words], pa.large_string()))[0])
    if number < 0 and place < 0:
        return as_json(None)
    return as_json(_found(members, number if number >= 0 else int(members.groups[place])))


@router.get("/products/{product_id}/group", responses={200: {"model": FoundGroup}})
async def group_of(product_id: ProductId, service: Asked) -> Response:
    """Return the group that a product is in."""
    members = _opened(service)[1].linked.members
    place = int(members.find(pa.array([product_id], pa.large_string()))[0])
    if place < 0:
        raise Refused(404, f"the product {product_id[:100]!r} is in no group of the file")
    return as_json(_found(members, int(members.groups[place])))


@router.get("/decisions", responses={200: {"model": DecisionsForm}})
async def decisions(
    service: Asked, offset: Place = 0, limit: Annotated[int, Query(ge=1, le=MOST_DECISIONS)] = 24
) -> Response:
    """Return the decisions that stand, the last one first."""
    desk, opened = _deciding(service), _opened(service)[1]
    index = service.current.opened.index

    def work(store: DecisionStore) -> dict[str, Any]:
        total, found = store.latest(offset, limit)
        told = [
            decision_document(opened.linked.members, kept, store.seen(kept.seq).retitled(index.catalog))
            for kept in found  # one after another: each may be large
        ]
        return {
            "version": opened.version,
            "index": index.fingerprint,
            "offset": offset,
            "total": total,
            "decisions": told,
        }

    return as_json(await desk.do(work))


@router.post("/decisions", dependencies=[needs(Role.LABEL)], responses={200: {"model": TakenForm}})
async def decide(request: Request, asked: DecideForm, service: Asked) -> Response:
    """Lock a group, merge it with another, or split products off; it is on disk when this answers. What contradicts the
    decisions that stand is refused (409) with their numbers, and what was seen in other groups, or in another index, too."""
    desk, opened, reviewer = _deciding(service), _opened(service)[1], visitor_of(request).name
    catalog = _seen(service, asked.index)
    if asked.version != opened.version:
        raise Refused(409, STALE)

    def work(store: DecisionStore) -> int:
        decision = _decision(opened, asked, reviewer)
        return store.record(decision, titles_of(catalog, decision.members))

    try:
        return as_json({"number": await desk.do(work)})
    except DecisionsDisagree as error:
        raise Refused(409, str(error)) from error


@router.post("/decisions/confirm", dependencies=[needs(Role.LABEL)], responses={200: {"model": TakenForm}})
async def confirm(request: Request, asked: ConfirmForm, service: Asked) -> Response:
    """Say that a decision still holds of its products as they were seen: what was seen in another index is refused (409)."""
    desk, reviewer, catalog = _deciding(service), visitor_of(request).name, _seen(service, asked.index)

    def looked_at(members: Iterable[Id]) -> Mapping[Id, str | None]:
        titles = titles_of(catalog, members)
        if not titles:  # there is nothing to keep
            raise Refused(409, f"the index has no product of decision {asked.number}: there is nothing to look at")
        return titles

    def work(store: DecisionStore) -> bool:
        return store.confirm(reviewer, asked.number, looked_at)

    if not await desk.do(work):
        raise Refused(409, f"decision {asked.number} does not stand")
    return as_json({"number": asked.number})


@router.post("/decisions/undo", dependencies=[needs(Role.LABEL)], responses={200: {"model": TakenForm}})
async def undo(request: Request, asked: UndoForm, service: Asked) -> Response:
    """Take a decision back, by its number, whoever took it, or the asker's last one."""
    reviewer = visitor_of(request).name

    def work(store: DecisionStore) -> KeptDecision | None:
        return store.undo(reviewer, asked.number)

    undone = await _deciding(service).do(work)
    if undone is None:
        own = "there is no decision of yours to take back"
        raise Refused(409, own if asked.number is None else f"decision {asked.number} does not stand")
    return as_json({"number": undone.seq})


def _desk(service: Service) -> GroupDesk:
    if service.groups is None:
        raise Refused(409, "no groups are served: start heroic serve with --groups")
    return service.groups


def _deciding(service: Service) -> GroupDesk:
    desk = _desk(service)
    if not desk.decides:
        raise Refused(409, "no file of decisions is served: start heroic serve with --decisions")
    return desk


def _seen(service: Service, fingerprint: str) -> Catalog:
    """Return the catalogue that somebody saw products of. Raises Refused where another one is served now: titles would be kept
    that nobody saw."""
    index = service.current.opened.index
    if index.fingerprint != fingerprint:
        raise Refused(409, EXCHANGED)
    return index.catalog


def _opened(service: Service) -> tuple[GroupDesk, OpenedGroups]:
    """Return the desk, and the groups that are open. Raises Refused while they are being read, and where they cannot be."""
    desk = _desk(service)
    try:
        opened = desk.board.current()
    except InputError as error:
        raise Refused(409, service.fold_paths(str(error))) from error
    if opened is None:
        raise Refused(503, "the groups are being read: ask again", retry_s=READING_S)
    return desk, opened


def _found(members: GroupMembers, number: int) -> dict[str, Any]:
    return {"group": members.names[number].as_py(), "size": members.size(number)}


def _told(request: Request, desk: GroupDesk, opened: OpenedGroups, served: Served) -> dict[str, Any]:
    decides = desk.decides and visitor_of(request).role >= Role.LABEL
    return {
        "version": opened.version,
        "index": served.index.fingerprint,
        "linked": opened.has_links,
        "decides": decides,
    }


def _number(opened: OpenedGroups, name: str) -> int:
    number = opened.linked.members.number(name)
    if number < 0:
        raise Refused(404, f"there is no group {name[:100]!r}")
    return number


def _decision(opened: OpenedGroups, asked: DecideForm, reviewer: str) -> Decision:
    """Return what is decided in products. Raises Refused for what does not fit the kind, and products that are not of the group."""
    members, number = opened.linked.members, _number(opened, asked.group)
    if (asked.other is not None) != (asked.kind == "merge") or bool(asked.apart) != (asked.kind == "split"):
        raise Refused(422, "a merge names the other group, a split the products apart, a lock neither")
    own: list[Id] = members.of_group(number).to_pylist()
    if asked.kind == "lock":
        return Decision(DecisionKind.LOCK, tuple(own), (), reviewer)
    if asked.kind == "merge":
        other = _number(opened, str(asked.other))
        if other == number:
            raise Refused(422, "a group is merged with another one: name two")
        return Decision(DecisionKind.MERGE, tuple(own), tuple(members.of_group(other).to_pylist()), reviewer)
    places = members.find(pa.array([str(product_id) for product_id in asked.apart], pa.large_string()))
    if not ((places >= members.starts[number]) & (places < members.starts[number + 1])).all():
        raise Refused(422, "apart: names a product that is not in the group")
    apart = set(members.ids.take(pa.array(places)).to_pylist())
    sides = tuple(one for one in own if one in apart), tuple(one for one in own if one not in apart)
    if not sides[1]:
        raise Refused(422, "apart: names all products of the group: leave one at least")
    return Decision(DecisionKind.SPLIT, *sides, reviewer)
