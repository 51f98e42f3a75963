"""A published index is opened: its folder, with engines that search on the server."""

from dataclasses import replace

from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.publishing.address import Address
from indexing.publishing.milvus_index import MilvusIndex
from indexing.publishing.product_fields import product_fields
from indexing.publishing.publication import Announced, find_publication
from indexing.publishing.server import MilvusServer
from indexing.publishing.shipment import rows_of
from indexing.search.index import Elsewhere


def search_elsewhere(index: ProductIndex, server: MilvusServer) -> ProductIndex:
    """Return the index as it is searched on a server, where it must have been published.

    Raises InputError where nothing is published there, or another index or version.
    """
    found = published_there(index, server)
    products = product_fields(index.catalog)
    engines = {}
    for view, published in found.publication.views.items():
        for part in published.parts:
            if server.describe(part.collection) is None:
                raise InputError(f"{server.address}: the collection {part.collection} is gone: publish the index again")
            server.load(part.collection)
        engines[view] = MilvusIndex(server, published, rows_of(index, view), products)
    return replace(index, elsewhere=Elsewhere(str(server.address), engines, found.publication.left_out))


def published_there(index: ProductIndex, server: MilvusServer) -> Announced:
    """Return the publication of an index on a server. Raises InputError where there is none."""
    address: Address = server.address
    publish = f"heroic publish {index.folder} --to {address.uri}"
    publish += "" if address.name == Address.name else f" --name {address.name}"
    found = find_publication(server, address.name)
    if found is None:
        raise InputError(f"{address}: nothing is published under this name: {publish}")
    if found.publication.fingerprint != index.fingerprint:
        raise InputError(
            f"{address}: holds the index {found.publication.fingerprint}, {index.folder} is {index.fingerprint}: {publish}"
        )
    return found
