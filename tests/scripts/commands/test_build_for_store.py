"""An index is built straight into a store, and updated there: as in a folder that holds the version there, whenever the command is
killed."""

import os
import shutil
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import boto3
import pytest
from tried_tasks import Troubled

from indexing.build.options import BuildOptions
from indexing.catalog.rejects import StoredRejects
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.running import node_check
from indexing.storage.artefact import damaged_files
from indexing.storage.stored.cache import cached_at
from indexing.storage.stored_versions import fetch_artefact
from indexing.storage.stores import open_store

ROWS = "id,title\n" + "".join(f"{n},Kettle {n % 7} steel {n}\n" for n in range(40))
MORE = ROWS + "40,Toaster red\n41,Toaster blue\n"
PLAIN = ["--image-encoder", "none", "-k", "3"]
KILLED = """
import os, signal
import {module} as module
owner, calls, least = {owner}, [], {least}
whole = getattr(owner, "{name}")
def killed(*given, **named):
    calls.append(given)
    if len(calls) > least:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*given, **named)
setattr(owner, "{name}", killed)
from scripts.main import run
run()
"""
_places = count()


@pytest.fixture
def url(s3, tmp_path, monkeypatch):
    """A place of its own in the store, and a cache."""
    monkeypatch.setitem(os.environ, "HEROIC_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return f"{s3}/built{next(_places)}/index"


@pytest.fixture
def products(tmp_path):
    (tmp_path / "products.csv").write_text(ROWS)
    return tmp_path / "products.csv"


@pytest.fixture
def build(heroic, url, products):
    def run(*words, out=url, code=0):
        result = heroic("build-index", products, *PLAIN, "--out", out, *words)
        assert result.exit_code == code, result.output
        return result

    return run


def killed(url, products, module, name, *words, owner="module", least=0, root=None):
    """Run the command in a process of its own, which is killed where a function is called once more than `least` times."""
    code = KILLED.format(module=module, owner=owner, name=name, least=least)
    line = [sys.executable, "-c", code, "build-index", products, *PLAIN, "--out", url, *words]
    ended = subprocess.run(
        list(map(str, line)), env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=240
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def there(url, tmp_path):
    """What a reader elsewhere finds: which version, and the index."""
    copied = fetch_artefact(url, tmp_path / "elsewhere")
    index = open_index(tmp_path / "elsewhere")
    assert damaged_files(tmp_path / "elsewhere", index.manifest) == []
    return copied.number, index


def digests(manifest):
    return {name: entry["sha256"] for name, entry in manifest.files.items()}


def left(url):
    """What lies in the cache beside what readers see."""
    return sorted(path.name for path in cached_at(url).parent.iterdir() if path.name not in ("index", ".origin"))


def test_it_is_the_index_of_a_folder(build, url, tmp_path):
    told = build().stdout.splitlines()
    build(out=tmp_path / "folder")
    number, index = there(url, tmp_path)
    folder = open_index(tmp_path / "folder")
    assert number == 1
    assert (index.fingerprint, digests(index.manifest)) == (folder.fingerprint, digests(folder.manifest))
    assert told[0] == f"index: {url} ({index.fingerprint}), version 1 of the store"
    assert told[-1].startswith("moved: ")
    assert str(tmp_path / "cache") not in "\n".join(told)
    assert left(url) == []


def test_what_fits_of_the_version_there_is_reused(build, heroic, url, products, tmp_path, monkeypatch):
    build()
    monkeypatch.setitem(os.environ, "HEROIC_CACHE", str(tmp_path / "another"))  # of another machine
    assert "dimensions, reused" in build().stdout
    products.write_text(MORE)
    refused = build(code=2)
    line = refused.stderr.splitlines()[-1]
    assert line.startswith(f"heroic: {url}: holds the index of another catalogue")
    extended = build("--extend")
    assert "2 encoded" in extended.stdout
    assert there(url, tmp_path)[0] == 2
    products.write_text(ROWS)
    told = build("--overwrite", "--keep", 1)
    assert "dropped: 2 older versions" in told.stdout
    number, index = there(url, tmp_path)
    assert (number, len(index.catalog)) == (3, 40)
    assert open_store(url).names("versions").keys() == {"00000003.json"}
    assert heroic("query", url, "--id", "3", "-k", 2).exit_code == 0


def test_killed_while_it_builds_it_goes_on(build, url, products, tmp_path, tiny_text_model, root):
    words = ["--text-encoder", f"st:{tiny_text_model}", "--precision", "fp32", "--no-lexical"]
    killed(url, products, "indexing.build.joining", "run", *words, owner="module.ViewJoining", root=root)
    assert left(url) == ["index.draft", "index.draft.json", "index.draft.lock"]
    assert open_store(url).names("") == {}
    told = build(*words)
    assert "32 dimensions, reused" in told.stdout
    assert there(url, tmp_path)[0] == 1
    assert left(url) == []


def test_killed_while_it_sends_it_sends_the_rest(build, heroic, url, products, tmp_path, root):
    build()
    products.write_text(MORE)
    before = there(url, tmp_path)[1].fingerprint
    killed(url, products, "indexing.storage.stores", "send", "--overwrite", owner="module.Store", least=3, root=root)
    assert there(url, tmp_path)[1].fingerprint == before
    asked = heroic("query", url, "--id", "3", "-k", 2)  # readers go on with the version before
    assert asked.exit_code == 0, asked.stderr
    told = build("--overwrite")
    assert f"{url}: was built before by the same command, of the same files: it is only sent" in told.stderr
    assert "read:" not in told.stderr
    assert "dimensions, reused" in told.stdout
    files = len(there(url, tmp_path)[1].manifest.files)
    assert told.stdout.splitlines()[-1].startswith("moved: ")
    moved = int(told.stdout.splitlines()[-1].split()[1])
    assert moved <= files - 3
    assert there(url, tmp_path)[0] == 2
    told = build("--overwrite")  # what was sent to its end is built again, and is no other version
    assert "read:" in told.stderr
    assert there(url, tmp_path)[0] == 2


def test_a_stricter_command_does_not_send_what_it_would_refuse(build, url, products, root):
    products.write_text(ROWS + ",no id\n,none\n,no\n,nor here\n")
    killed(url, products, "indexing.storage.stores", "send", "--max-rejects", "1", owner="module.Store", root=root)
    for words in ([], ["--max-rejects", "0.5"]):
        line = build(*words, code=2).stderr.splitlines()[-1]
        assert line.startswith(
            f"heroic: {url}: was built before with --max-rejects 1, and 4 rows, cells or pictures were"
        )
        assert f"give --max-rejects 1 to send that, or remove {cached_at(url)}.draft to build it anew" in line
    assert open_store(url).names("versions") == {}
    assert "it is only sent" in build("--max-rejects", "1").stderr


def test_what_was_set_aside_is_asked_for_anew_where_the_draft_is_gone(build, url, products, root):
    products.write_text(ROWS + ",no id\n,none\n,no\n,nor here\n")
    killed(url, products, "indexing.storage.stores", "send", "--max-rejects", "1", owner="module.Store", root=root)
    shutil.rmtree(f"{cached_at(url)}.draft")
    assert "4 of 44 rows" in build(code=2).stderr
    assert "it is only sent" not in build("--max-rejects", "0.5").stderr


def test_where_nothing_was_set_aside_a_stricter_command_sends_it(build, url, products, root):
    killed(url, products, "indexing.storage.stores", "send", "--max-rejects", "1", owner="module.Store", root=root)
    assert "it is only sent" in build("--max-rejects", "0").stderr


def test_files_that_changed_are_not_passed_over(build, url, products, tmp_path, root):
    killed(url, products, "indexing.storage.stores", "send", owner="module.Store", root=root)
    products.write_text(MORE)
    told = build()
    assert "it is only sent" not in told.stderr
    assert len(there(url, tmp_path)[1].catalog) == 42


def test_a_catalogue_in_the_store_is_known_again(heroic, url, s3, tmp_path, root):
    client = boto3.client("s3")
    shop = url.removeprefix(f"{s3}/").replace("/index", "/shop.csv")
    client.put_object(Bucket="tests", Key=shop, Body=ROWS.encode())
    words = ["build-index", f"{s3}/{shop}", *PLAIN, "--out", url]
    killed(url, f"{s3}/{shop}", "indexing.storage.stores", "send", owner="module.Store", root=root)
    client.put_object(Bucket="tests", Key=shop, Body=ROWS.replace("Kettle 3", "Bottle 3").encode())
    killed(url, f"{s3}/{shop}", "indexing.storage.stores", "send", owner="module.Store", root=root)
    client.close()
    told = heroic(*words)
    assert told.exit_code == 0, told.output
    assert "it is only sent" in told.stderr
    assert "Bottle 3 steel 3" in there(url, tmp_path)[1].catalog.table["title"].to_pylist()


def test_a_store_is_opened_once_for_all_its_files(url, s3, monkeypatch):
    import indexing.stored_index as stored

    client, shop = boto3.client("s3"), url.removeprefix(f"{s3}/").replace("/index", "/shop")
    for name in ("one", "two"):
        client.put_object(Bucket="tests", Key=f"{shop}/{name}.csv", Body=f"id,title\n{name},Kettle {name}\n".encode())
    client.close()
    opened, whole = [], stored.open_store
    monkeypatch.setattr(stored, "open_store", lambda place: opened.append(place) or whole(place))
    asked = stored._asked([Path(f"{s3}/{shop}")], BuildOptions())
    assert asked == stored._asked([Path(f"{s3}/{shop}")], BuildOptions())
    assert opened == [f"{s3}/{shop}"] * 2


def let_another_write_meanwhile(heroic, index, url, monkeypatch):
    """Let the next build be done before another process copies its index to the same place."""
    import indexing.stored_index as stored

    whole = stored.build_index

    def slowly(*given, **named):
        monkeypatch.setattr(stored, "build_index", whole)
        done = whole(*given, **named)
        assert heroic("copy", index, url).exit_code == 0
        return done

    monkeypatch.setattr(stored, "build_index", slowly)


def test_a_second_writer_is_refused(build, heroic, url, products, tmp_path, monkeypatch):
    build()
    products.write_text(MORE)
    build(out=tmp_path / "other")
    products.write_text(ROWS)
    made = open_index(tmp_path / "other").manifest
    let_another_write_meanwhile(heroic, tmp_path / "other", url, monkeypatch)
    refused = build(code=2)
    assert refused.stderr.splitlines()[-1] == f"heroic: {url}: another process wrote version 2 meanwhile: run it again"
    assert there(url, tmp_path)[1].manifest == made
    refused = build(code=2)  # the version there now is of another catalogue
    assert f"{url}: holds the index of another catalogue" in refused.stderr
    assert "version 3 of the store" in build("--overwrite").stdout


def test_who_was_refused_goes_on_with_its_rows(build, heroic, url, tmp_path, monkeypatch, tiny_text_model):
    words = ["--text-encoder", f"st:{tiny_text_model}", "--precision", "fp32", "--no-lexical"]
    build()
    build("--no-lexical", out=tmp_path / "other")
    let_another_write_meanwhile(heroic, tmp_path / "other", url, monkeypatch)
    assert "another process wrote version 2 meanwhile" in build(*words, code=2).stderr
    again = build(*words).stdout
    assert "version 3 of the store" in again
    assert "32 dimensions, reused" in again


def test_a_server_keeps_the_version_that_it_opened(build, url, products, tmp_path):
    build()
    opened = open_index(cached_at(url))
    assert opened.catalog.table.num_rows == 40
    products.write_text(MORE)
    build("--overwrite")
    rows = opened.vectors("text")  # mapped now, of the version that was replaced
    assert len(rows) == len(opened.catalog.table["title"].to_pylist()) == 40
    assert len(open_index(cached_at(url)).catalog) == 42
    opened.hold.release()


def test_what_was_set_aside_lies_where_it_says(build, url, products):
    products.write_text(ROWS + ",no id\n")
    told = build()
    named = next(line for line in told.stdout.splitlines() if line.startswith("set aside: ")).rpartition("see ")[2]
    assert named == f"{cached_at(url)}/rejects.parquet"
    assert len(StoredRejects(cached_at(url) / "rejects.parquet")) == 1


def test_a_dry_run_touches_nothing(build, url, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert build("--dry-run").stdout.startswith("plan text: ")
    assert not (tmp_path / "cache").exists()


def test_workers_write_their_parts_beside_the_draft(build, url, tmp_path):
    build("--cluster", "local:2")
    build(out=tmp_path / "folder")
    assert digests(there(url, tmp_path)[1].manifest) == digests(open_index(tmp_path / "folder").manifest)
    assert left(url) == []


def test_workers_that_do_not_see_the_cache_are_refused(build, url, tmp_path, monkeypatch):
    monkeypatch.setattr(node_check, "STAY_S", 0.0)
    monkeypatch.setattr(node_check.PartFolder, "local", lambda self, name: tmp_path / "other" / name)
    monkeypatch.setattr("indexing.running.choice.chosen_runner", lambda *given, **named: _Given())
    refused = build("--cluster", "local:2", code=2)
    line = refused.stderr.splitlines()[-1]
    assert f"{tmp_path / 'cache'}: here does not see it as this machine does" in line
    assert "let HEROIC_CACHE name a folder that all machines share" in line
    assert open_store(url).names("") == {}


class _Given:
    def __enter__(self):
        return Troubled(workers=2)

    def __exit__(self, *error):
        pass


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "HOME": "/none"}, "credentials): put the keys of this store where s3fs looks"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}, "cannot be read (Could not connect"),
        ({"out": "s3://no-such-bucket/index"}, "cannot be written (The specified bucket does not exist)"),
        ({"out": "gs://b/index"}, "gs:// needs another package: pip install gcsfs"),
        ({"without": "fsspec"}, "URLs need fsspec: pip install 'heroic[urls]'"),
        ({"out": "https://b.invalid/index"}, "is no place on this machine"),
    ],
)
def test_what_stands_in_the_way_is_one_line(build, url, tmp_path, monkeypatch, given, said):
    out, without = given.pop("out", url), given.pop("without", None)
    if without is not None:
        monkeypatch.setitem(sys.modules, without, None)
    for name, value in given.items():
        monkeypatch.delitem(os.environ, name) if value == "" else monkeypatch.setitem(os.environ, name, value)
    lines = [line for line in build(out=out, code=2).stderr.splitlines() if not line.startswith("plan ")]
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"heroic: {out}: ")
    assert said in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["products.csv"]


@pytest.mark.parametrize(
    "words",
    [
        ["build-index", "products.csv", *PLAIN, "--out"],
        ["build-index", "products.csv", *PLAIN, "--cluster", "local:2", "--out"],
        ["update", "--delete", "products.csv", "--cluster", "local:2"],
        ["compact"],
        ["query", "--id", "3"],
    ],
    ids=lambda words: " ".join(words[:1] + [word for word in words if word == "--cluster"]),
)
def test_a_cache_that_takes_nothing_is_told_with_what_names_another(build, heroic, url, monkeypatch, words):
    build()
    monkeypatch.setitem(os.environ, "HEROIC_CACHE", "/proc/none")
    refused = heroic(*words, url)
    assert refused.exit_code == 2
    line = refused.stderr.splitlines()[-1]
    assert line.startswith("heroic: /proc/none/")
    assert line.endswith("name another folder, by HEROIC_CACHE")


def test_a_cache_that_takes_nothing_more_is_read(build, heroic, url, monkeypatch):
    build()
    monkeypatch.setattr("indexing.storage.outputs.tempfile.TemporaryFile", None)
    assert heroic("query", url, "--id", "3", "-k", 2).exit_code == 0


def test_a_model_stays_a_model(build, heroic, sample_model, url):
    assert heroic("copy", sample_model, url).exit_code == 0
    refused = build(code=2)
    assert f"{url}: holds a heroic model, no index: name another place" in refused.stderr


STORES = "(s3://, gs://, gcs://, abfs://, az://)"


@pytest.mark.parametrize(
    ("words", "place", "what"),
    [
        (["build-index", "products.csv", "--out"], "index", "--out index is a folder"),
        (
            ["build-index", "products.csv", "--out"],
            "https://b.invalid/i",
            f"--out https://b.invalid/i is at none {STORES}",
        ),
        (["update", "--delete", "products.csv"], "hdfs://b.invalid/i", f"hdfs://b.invalid/i is at none {STORES}"),
        (["compact"], "https://anna:pass@b.invalid/i", f"https://*@b.invalid/i is at none {STORES}"),
    ],
)
def test_how_many_versions_stay_is_said_of_stores(heroic, products, words, place, what):
    refused = heroic(*words, place, "--keep", 3)
    assert refused.exit_code == 2
    assert f"--keep 3: is for an index in a store: {what}" in refused.stderr


@pytest.fixture
def change(heroic, url, tmp_path):
    """Update the index in the store by two products and a deletion."""

    def run(*words, index=url, code=0):
        (tmp_path / "changes.csv").write_text("id,title\n3,Bottle green\n40,Toaster red\n,no id\n")
        (tmp_path / "gone.txt").write_text("5\n")
        given = [tmp_path / "changes.csv", "--delete", tmp_path / "gone.txt", *words]
        result = heroic("update", index, *given)
        assert result.exit_code == code, result.output
        return result

    return run


def test_it_is_updated_there(build, change, heroic, url, tmp_path):
    build()
    build(out=tmp_path / "folder")
    told = change().stdout.splitlines()
    change(index=tmp_path / "folder")
    number, index = there(url, tmp_path)
    folder = open_index(tmp_path / "folder")
    assert number == 2
    assert (index.fingerprint, digests(index.manifest)) == (folder.fingerprint, digests(folder.manifest))
    assert told[0] == f"index: {url} ({index.fingerprint}), version 2 of the store"
    assert f"heroic compact {url}" not in told
    named = next(line for line in told if line.startswith("set aside: ")).rpartition("see ")[2]
    assert named == f"{cached_at(url)}/rejects.parquet"
    assert len(StoredRejects(cached_at(url) / "rejects.parquet")) == 1
    again = heroic("update", url, tmp_path / "changes.csv")
    assert "2 the same" in again.stdout
    assert "version 2 of the store" in again.stdout  # nothing changed: no version is made
    compacted = heroic("compact", url, "--keep", 1)
    assert compacted.exit_code == 0, compacted.output
    heroic("compact", tmp_path / "folder")
    assert compacted.stdout.startswith(f"index: {url} ({index.fingerprint}), version 3 of the store\nfolded in: ")
    assert "dropped: 2 older versions" in compacted.stdout
    assert digests(there(url, tmp_path)[1].manifest) == digests(open_index(tmp_path / "folder").manifest)
    assert left(url) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone.csv"], "gone.csv: no such file"),
        (["broken.parquet"], "broken.parquet: cannot be read as parquet"),
        (["other.csv"], "other.csv: "),
        (["--delete", "gone.txt"], "gone.txt: cannot be read"),
        ([], "{url}: nothing to do: name files of products, or --delete a list of ids"),
    ],
)
def test_what_is_given_is_looked_at_before_an_index_is_fetched(build, heroic, url, tmp_path, monkeypatch, words, said):
    build()
    monkeypatch.setitem(os.environ, "HEROIC_CACHE", str(tmp_path / "another"))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    (tmp_path / "other.csv").write_text("height,weight\n1,2\n")
    refused = heroic("update", url, *words)
    assert refused.exit_code == 2, refused.output
    assert refused.stderr.startswith(f"heroic: {said.format(url=url)}")
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "another").exists()


def test_a_killed_update_is_made_again_of_the_version_there(build, change, url, products, tmp_path, monkeypatch):
    build()

    def refused(*given, **named):
        raise InputError("the network is gone")

    with monkeypatch.context() as patch:
        patch.setattr("indexing.storage.stored.draft.send_artefact", refused)
        assert "the network is gone" in change(code=2).stderr
    assert left(url) == ["index.draft", "index.draft.json"]  # which nobody takes for the version there
    told = change()
    assert "1 new, 1 changed, 0 the same, 1 deleted" in told.stdout
    assert there(url, tmp_path)[0] == 2
    assert left(url) == []


def test_a_build_that_was_not_sent_is_not_updated(build, change, heroic, url, products, tmp_path, root):
    build()
    products.write_text(ROWS.replace("Kettle", "Bucket"))
    killed(url, products, "indexing.storage.stores", "send", "--overwrite", owner="module.Store", root=root)
    change()
    assert "Kettle 1 steel 1" in there(url, tmp_path)[1].catalog.table["title"].to_pylist()
    assert "dimensions, reused" in build("--overwrite").stdout  # of the build that was killed
    assert left(url) == []


@pytest.mark.parametrize("words", [["update", "gone.csv"], ["compact"]])
def test_where_nothing_is_nothing_is_changed(heroic, url, tmp_path, words):
    name, *given = words
    (tmp_path / "gone.csv").write_text(ROWS)
    result = heroic(name, url, *given)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"heroic: {url}: holds no index: heroic build-index PRODUCTS --out {url}",
    ]
    assert not (tmp_path / "cache").exists()
    assert "--keep 3: is for an index in a store: x is a folder" in heroic(name, "x", *given, "--keep", 3).stderr
