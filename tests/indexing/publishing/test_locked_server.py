"""A real server of Milvus that asks for a token: `make test-milvus` runs this, in a network of its own.

It is a module of its own since two servers cannot run at once in one network: each holds the port 2380.
"""

import pandas as pd
import pytest
from milvus_servers import real_server

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.errors import InputError
from indexing.publishing.address import Address
from indexing.publishing.publish_index import publish_index

pytestmark = pytest.mark.cluster


def test_who_has_no_token_is_not_let_in(tmp_path):
    offers = pd.DataFrame({"id": range(300), "title": [f"kettle X{number}" for number in range(300)]})
    offers.to_parquet(tmp_path / "offers.parquet")
    build_index([tmp_path / "offers.parquet"], tmp_path / "index", options=BuildOptions(k=5))
    with real_server(tmp_path / "locked", locked=True) as uri:
        for token in ("", "root:wrong"):
            with pytest.raises(InputError, match=r"does not let in \(.*\): set HEROIC_MILVUS_TOKEN"):
                publish_index(tmp_path / "index", Address(uri, token=token))
        assert publish_index(tmp_path / "index", Address(uri, token="root:Milvus")).sent["text"] == 300
