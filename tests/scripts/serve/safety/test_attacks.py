"""What somebody might try against a server, each tried through real sockets on a server with all its layers."""

import io
import json
import os
import socket
import time
import zlib
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from urllib.parse import quote

import pandas as pd
import pytest
from PIL import Image
from served import V1, Client, make_hostile, product, served
from uvicorn.protocols.http.h11_impl import H11Protocol

from indexing.errors import InputError
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.served import Sources

SECRET = "root:x:0:0"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{7*7}}"


@pytest.fixture(scope="module")
def door(sample_index, sample_model, tmp_path_factory):
    with served(Current(Sources(sample_index, sample_model)), tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.fixture(scope="module")
def reader(door):
    return door.client("read")


@pytest.fixture(scope="module")
def one(door):
    return str(door.service.current.opened.index.catalog.ids[0].as_py())


def built(heroic, tmp_path, rows, **options):
    """An index of products that somebody wrote."""
    pd.DataFrame(rows).to_json(tmp_path / "products.jsonl", orient="records", lines=True)
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    done = heroic("build-index", tmp_path / "products.jsonl", "--out", tmp_path / "index", "-k", "3", *words)
    assert done.exit_code == 0, done.output
    return tmp_path / "index"


def picture(form="PNG", size=(8, 8)):
    content = io.BytesIO()
    Image.new("RGB", size, "red").save(content, form)
    return content.getvalue()


class TestWhoMayCome:
    @pytest.mark.parametrize(
        "address", ["/", f"{V1}/index", f"{V1}/metrics", f"{V1}/openapi.json", "/nowhere", "/static"]
    )
    def test_nobody_is_told_anything_but_that_the_server_lives(self, door, address):
        reply = door.client().get(address)
        assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
        assert door.client().get(f"{V1}/health").status == 200

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"])
    def test_no_method_passes_the_guard(self, door, method):
        assert door.client().ask(method, f"{V1}/search", b"{}").status == 401

    @pytest.mark.parametrize(
        "given",
        [
            "Bearer ", "Bearer forged", "Basic cmVhZGVyOng=", "Bearer null", "bearer", "Bearer \xff", "Bearer " + "a" * 4_000,
        ],
    )  # fmt: skip
    def test_a_forged_token_lets_nobody_in(self, door, given):
        assert door.client().get(f"{V1}/index", Authorization=given).status == 401

    def test_the_digest_in_the_file_is_no_token(self, door):
        for record in json.loads(door.visitors.tokens.path.read_text())["tokens"]:
            assert door.client().get(f"{V1}/index", Authorization=f"Bearer {record['sha256']}").status == 401

    def test_a_token_that_has_ended_or_was_taken_back_lets_nobody_in(self, sample_index, tmp_path):
        with served(Current(Sources(sample_index)), tmp_path) as door:
            client, file = door.client("read"), tmp_path / "tokens.json"
            browser = enter_by_token(door, door.tokens["label"])
            assert (client.get(f"{V1}/index").status, browser.get(f"{V1}/index").status) == (200, 200)
            content = json.loads(file.read_text())
            content["tokens"][0]["expires"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
            file.write_text(json.dumps(content))
            assert client.get(f"{V1}/index").status == 401
            file.write_text(json.dumps({"tokens": content["tokens"][:1]}))
            assert browser.get(f"{V1}/index").status == 401
            file.write_text("no json")
            assert door.client("admin").get(f"{V1}/index").status == 401

    def test_the_link_lets_one_browser_in_and_no_second(self, door):
        link = door.link
        first = door.client().get(link)
        assert first.status == 200
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(first.headers["set-cookie"].split("; "))
        again = door.client().get(link)
        assert again.status == 403
        assert "set-cookie" not in again.headers
        assert door.link != link  # the terminal shows another one

    def test_a_link_that_has_ended_lets_nobody_in_and_another_is_shown(self, door):
        link, count = door.link, len(door.said)
        door.visitors._secret_until = 0.0
        reply = door.client().get(link)
        assert (reply.status, "set-cookie" in reply.headers, len(door.said)) == (403, False, count + 1)
        door.visitors._secret_until = 0.0
        assert door.client().get("/enter?secret=guessed").status == 403
        assert len(door.said) == count + 1  # who guesses writes nothing onto the terminal
        door.client().get(door.link)
        assert door.browser().get(f"{V1}/index").status == 200

    def test_a_browser_comes_in_when_the_terminal_is_gone(self, sample_index, tmp_path):
        with served(Current(Sources(sample_index)), tmp_path) as door:
            link = door.link

            def gone(told):
                raise BrokenPipeError

            door.entrance.say = gone
            assert door.client().get(link).headers["set-cookie"]

    def test_a_wrong_secret_does_not_use_the_link_up(self, door):
        assert door.client().get("/enter?secret=guessed").status == 403
        assert door.browser().get(f"{V1}/index").status == 200

    @pytest.mark.parametrize(
        "cookie", ["heroic-test=forged", "heroic-test=", "heroic-test", "x=1; heroic-test=\xff", '"']
    )
    def test_a_forged_cookie_lets_nobody_in(self, door, cookie):
        assert door.client().get(f"{V1}/index", Cookie=cookie).status == 401

    def test_a_second_cookie_of_the_same_name_counts_for_nothing(self, door):
        own = door.browser().headers["Cookie"]
        assert door.client().get(f"{V1}/index", Cookie=f"{own}; heroic-test=planted").status == 401

    @pytest.mark.parametrize(
        "other", ['theme={"a":1}', "xheroic-test=1", "a=heroic-test=1", "heroic-test2=x", "no name", 'q="a', ""]
    )
    def test_another_programs_cookie_keeps_nobody_out(self, door, other):
        own = door.browser().headers["Cookie"]
        for line in (f"{other}; {own}", f"{own}; {other}", f"{own};{other}"):
            assert door.client().get(f"{V1}/index", Cookie=line).status == 200, line

    def test_who_leaves_is_out_with_his_cookie(self, door):
        browser = door.browser()
        assert browser.post("/leave", b"").status == 200
        assert browser.get(f"{V1}/index").status == 401

    def test_a_page_leads_to_the_entrance(self, door):
        reply = door.client().get("/", Accept="text/html")
        assert (reply.status, reply.headers["location"]) == (303, "/enter")

    def test_over_https_the_cookie_is_secure_and_http_is_over(self, sample_index, tmp_path):
        with served(Current(Sources(sample_index)), tmp_path, secure=True) as door:
            reply = door.client().get(door.link)
        assert "Secure" in reply.headers["set-cookie"].split("; ")
        assert reply.headers["strict-transport-security"]


def enter_by_token(door, token):
    """A browser that came by the form for tokens."""
    own = {"Origin": f"http://127.0.0.1:{door.port}", "Content-Type": "application/x-www-form-urlencoded"}
    reply = door.client().ask("POST", "/enter", f"token={token}".encode(), own)
    assert reply.status == 200
    return Client(door.port, {"Cookie": reply.headers["set-cookie"].partition(";")[0]})


class TestFromWhere:
    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "127.0.0.1.evil.example",
            "evil.example:8000",
            "127.0.0.1@evil.example",
            "[::1]",
            "2130706433",
            "",
        ],
    )
    def test_a_name_that_was_made_to_lead_here_is_refused(self, door, reader, host):
        for client in (door.client(), reader, door.browser()):
            assert client.get(f"{V1}/health", Host=host).status in (400, 421)

    def test_two_hosts_or_none_are_refused(self, door):
        for hosts in (b"", b"Host: 127.0.0.1\r\nHost: evil.example\r\n"):
            reply = door.client().raw(b"GET /api/v1/health HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")
            assert reply.split()[1] in (b"400", b"421")

    def test_an_address_with_a_host_of_its_own_is_no_way_around(self, door):
        asked = b"GET http://evil.example/api/v1/index HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        assert door.client().raw(asked).split()[1] == b"401"

    @pytest.mark.parametrize(
        "said",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
            {"Origin": "file://"},
            {"Origin": "http://127.0.0.1.evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "OWN"},
            {"Origin": ""},
            {},
        ],
        ids=str,
    )
    def test_another_site_writes_nothing_with_a_browsers_cookie(self, door, said):
        cookie = {"Cookie": door.browser().headers["Cookie"]}
        own = f"http://127.0.0.1:{door.port}"
        said = {name: own if value == "OWN" else value for name, value in said.items()}
        reply = Client(door.port, {**cookie, **said}).post(f"{V1}/search", {"text": "phone"})
        assert reply.status == 403
        form = Client(door.port, {**cookie, **said}).ask("POST", "/leave", b"", {"Content-Type": "text/plain"})
        assert form.status == 403
        assert Client(door.port, cookie).get(f"{V1}/index").status == 200

    def test_the_own_page_and_a_program_with_a_token_may_write(self, door, reader):
        assert door.browser().post(f"{V1}/search", {"text": "phone"}).status == 200
        assert reader.post(f"{V1}/search", {"text": "phone"}).status == 200

    def test_a_program_with_a_token_inside_of_another_page_may_not(self, reader):
        assert reader.post(f"{V1}/search", {"text": "phone"}, Origin="https://evil.example").status == 403

    def test_no_page_of_another_origin_is_allowed_to_read(self, door):
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        for reply in (
            door.browser().get(f"{V1}/index", **asked),
            door.browser().ask("OPTIONS", f"{V1}/search", headers=asked),
        ):
            assert not [name for name in reply.headers if name.startswith("access-control")]
            assert reply.headers["cross-origin-resource-policy"] == "same-origin"

    def test_every_answer_forbids_scripts_that_are_not_ours(self, door, reader, one):
        addresses = ["/enter", "/nowhere", f"{V1}/health", product(one), product(one, "/picture")]
        for client in (door.client(), reader):
            for address in addresses:
                headers = client.get(address).headers
                policy = headers["content-security-policy"]
                assert "default-src 'self'" in policy
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy
                assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
                assert "server" not in headers


class TestPathsAndUrls:
    @pytest.mark.parametrize(
        "name",
        [
            "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..%252f..%252fetc/passwd",
            "....//....//etc/passwd", "..\\..\\etc\\passwd", "..%5c..%5cetc%5cpasswd", "%c0%ae%c0%ae/etc/passwd", "/etc/passwd",
            "//etc/passwd", "file:///etc/passwd", "heroic.css%00.png", ".", "..", "%2fetc%2fpasswd", "heroic.css/../../shell.py",
            "..;/..;/etc/passwd", "\u2024\u2024/etc/passwd", "~root/.bashrc", "C:\\windows\\win.ini", "%uff0e%uff0e/etc",
        ],
    )  # fmt: skip
    def test_no_spelling_of_a_path_leads_anywhere(self, reader, name):
        raw = quote(name, safe="/%.;~:\\")
        for address in (
            f"/static/{raw}",
            f"/{raw}",
            f"{V1}/products/{raw}",
            f"{V1}/products/{raw}/picture",
            f"{V1}/{raw}",
        ):
            reply = reader.get(address.replace("\\", "%5c"))
            assert reply.status in (404, 422), (address, reply.status)
            assert SECRET.encode() not in reply.body
            assert b"import" not in reply.body

    def test_a_request_names_no_url_to_fetch(self, door, reader, one):
        asked = Event()

        class Host(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.set()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *given):
                pass

        with HTTPServer(("127.0.0.1", 0), Host) as host:
            Thread(target=host.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{host.server_port}/picture.png"
            replies = [
                reader.post(f"{V1}/search", {"text": "phone", "picture": url}),
                reader.post(f"{V1}/search", {"picture": url}),
                reader.send(f"{V1}/search", [("picture", None, url.encode())]),
                reader.send(f"{V1}/search", [("picture", url, url.encode())]),
                reader.get(product(url, "/picture")),
                reader.get(product(one, f"/picture?number=0&url={url}&size=96")),
                reader.post(f"{V1}/search", {"text": url}),
            ]
            host.shutdown()
        assert [reply.status for reply in replies] == [422, 422, 422, 422, 404, 200, 200]
        assert not asked.is_set()

    def test_a_catalogue_leads_neither_out_of_its_folder_nor_to_a_host_that_was_not_named(self, heroic, tmp_path):
        folder = tmp_path / "pictures"
        folder.mkdir()
        (tmp_path / "secret.png").write_bytes(picture())
        (folder / "own.png").write_bytes(picture())
        (folder / "link.png").symlink_to(tmp_path / "secret.png")
        names = [
            "own.png", "../secret.png", str(tmp_path / "secret.png"), "link.png", "http://127.0.0.1:9/x.png",
            "http://169.254.169.254/latest/meta-data", "s3://bucket/x.png", "file:///etc/passwd", "../secret.png#0:70",
            "own.png#0:70", "copy.png#0:70", "copy.png#x:y", "pipe", "http://[x", "http://a]/b.png",
        ]  # fmt: skip
        os.mkfifo(folder / "pipe")
        rows = [{"id": f"p{place}", "title": f"thing {place}", "images": [name]} for place, name in enumerate(names)]
        index = built(heroic, tmp_path, rows, image_encoder="none", images=folder)
        (index / "copy.png").write_bytes(picture())  # beside the catalogue: none of its pictures
        with served(Current(Sources(index)), tmp_path) as door:
            client = door.client("read")
            statuses = {name: client.get(product(f"p{place}", "/picture")).status for place, name in enumerate(names)}
        assert statuses == {name: 200 if name == "own.png" else 404 for name in names}


class TestWhatIsSent:
    def test_text_of_a_product_is_data_wherever_it_stands(self, sample_index, tmp_path):
        current = Current(Sources(sample_index))
        make_hostile(current, EVIL)
        first, second = current.opened.index.catalog.ids[:2].to_pylist()
        with served(current, tmp_path) as door:
            client = door.client("read")
            replies = [
                client.get(product(first)),
                client.get(product(first, "/neighbours")),
                client.post(f"{V1}/pairs/explain", {"left": first, "right": second}),
                client.get(product(EVIL)),
                client.post(f"{V1}/search", {"text": "a", "category": EVIL + "x"}),
            ]
        assert [reply.status for reply in replies] == [200, 200, 200, 404, 422]
        for reply in replies:
            assert reply.headers["content-type"] == "application/json"
            assert reply.headers["x-content-type-options"] == "nosniff"
        assert (replies[0].json["id"], replies[0].json["title"]) == (f"{EVIL}0", EVIL)

    @pytest.mark.parametrize(
        "content",
        [
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
            b"<!doctype html><script>alert(1)</script>",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file\n",
            b"GIF89a<script>alert(1)</script>",
            b"\xff\xd8\xff\xe0<script>alert(1)</script>",
            b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
            b"push graphic-context\nfill 'url(https://evil.example/)'\n",
            b"P6 8 8 255 " + b"\0" * 192,
            picture("TIFF"),
        ],
        ids=["svg", "svg with an entity", "html", "eps", "gif", "jpeg", "png", "mvg", "ppm", "tiff"],
    )
    def test_what_poses_as_a_picture_is_none(self, heroic, tmp_path, reader, content):
        reply = reader.send(f"{V1}/search", [("picture", "photo.jpg", content)])
        assert reply.status == 422
        assert reply.error.startswith("picture: ")

    def test_a_jpeg_of_scans_without_end_is_refused_before_it_is_decoded(self, reader):
        content = io.BytesIO()
        Image.new("RGB", (64, 64), "red").save(content, "JPEG", progressive=True)
        whole = content.getvalue()
        bomb = whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * 100_000 + whole[-2:]
        reply = reader.send(f"{V1}/search", [("picture", "photo.jpg", bomb)])
        assert (reply.status, "scans of a JPEG" in reply.error) == (413, True)

    def test_in_a_catalogue_it_is_not_shown_either(self, heroic, tmp_path):
        folder = tmp_path / "pictures"
        folder.mkdir()
        (folder / "0.jpg").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
        (folder / "1.jpg").write_bytes(b"<!doctype html><script>alert(1)</script>")
        good = picture("PNG") + b"<script>alert(1)</script>"
        (folder / "2.jpg").write_bytes(good)
        Image.new("RGB", (8, 8), "red").save(folder / "3.jpg", comment=b"<script>alert(1)</script>")
        rows = [{"id": f"p{place}", "title": "thing", "images": [f"{place}.jpg"]} for place in range(4)]
        index = built(heroic, tmp_path, rows, image_encoder="none", images=folder)
        with served(Current(Sources(index)), tmp_path) as door:
            replies = [door.client("read").get(product(f"p{place}", "/picture")) for place in range(4)]
        assert [reply.status for reply in replies] == [404, 404, 200, 200]
        for reply in replies[2:]:
            assert reply.headers["content-type"] == "image/jpeg"
            assert b"script" not in reply.body  # painted anew

    def test_a_bomb_of_pixels_is_refused_unseen(self, reader):
        row = b"\0" * (1 + 30_000 // 8)
        head = (30_000).to_bytes(4, "big") * 2 + b"\x01\0\0\0\0"
        chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(row * 30_000, 9)), (b"IEND", b"")]
        bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
            len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
            for name, data in chunks
        )
        reply = reader.send(f"{V1}/search", [("picture", "bomb.png", bomb)])
        assert reply.status == 413
        assert reply.error.startswith("picture: enormous")

    @pytest.mark.parametrize("address", ["search", "match", "pairs/score", "pairs/explain"])
    def test_a_long_name_is_not_repeated(self, reader, address):
        reply = reader.post(f"{V1}/{address}", {"text": "phone", "a" * 500_000: 1})
        assert reply.status == 422
        assert len(reply.body) < 1_000

    def test_a_second_content_type_raises_no_limit(self, door):
        body = b'{"text": "' + b"a" * LIMITS.json_bytes + b'"}'
        connection = HTTPConnection("127.0.0.1", door.port, timeout=30)
        connection.putrequest("POST", f"{V1}/search")
        connection.putheader("Authorization", f"Bearer {door.tokens['read']}")
        for kind in ("application/json", "multipart/form-data; boundary=x"):
            connection.putheader("Content-Type", kind)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        reply = connection.getresponse()
        assert (reply.status, b"send one Content-Type" in reply.read()) == (400, True)
        connection.close()

    def test_the_entrance_reads_no_more_than_a_token(self, door):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            reply = door.client().ask(
                "POST", "/enter", b"token=" + b"a" * LIMITS.entrance_bytes, {"Content-Type": kind}
            )
            assert reply.status == 413, kind
        assert enter_by_token(door, door.tokens["read"]).get(f"{V1}/index").status == 200

    def test_a_compressed_body_is_not_unpacked(self, reader):
        body = zlib.compress(b'{"text": "' + b"a" * 50_000_000 + b'"}', 9)
        assert reader.post(f"{V1}/search", body, **{"Content-Encoding": "deflate"}).status in (413, 422)

    def test_a_million_characters_are_refused_wherever_they_stand(self, reader, one):
        text = "я" * 1_000_000
        assert reader.post(f"{V1}/search", {"text": text}).status == 413
        assert reader.post(f"{V1}/search", {"text": text[:100_000]}).status == 422
        assert reader.send(f"{V1}/search", [("text", None, text.encode())]).status in (413, 422)
        with suppress(ConnectionError):  # it is broken off while the address still comes
            assert reader.get(product(one, f"/neighbours?category={'a' * 1_000_000}")).status in (400, 414)
        assert reader.get(product(one, f"/neighbours?category={'a' * 9_000}")).status == 414
        assert reader.get(product("a" * 1_001)).status == 422

    def test_uploads_have_few_parts_and_one_picture(self, reader):
        many = [(f"part{number}", None, b"") for number in range(100)]
        assert reader.send(f"{V1}/search", many).status == 413
        assert reader.send(f"{V1}/search", [("picture", "a.png", picture())] * 2).status == 413
        assert reader.send(f"{V1}/search", [("picture", "a.png", b"\0" * (LIMITS.upload_bytes + 1))]).status == 413
        assert reader.send(f"{V1}/search", [("picture", "a.png", b"\0" * LIMITS.form_bytes)]).status == 413
        assert reader.send(f"{V1}/search", [("picture", "../../x.png", b"")]).status == 422

    def test_a_body_that_does_not_say_how_long_it_is_ends_at_the_limit(self, door, reader):
        head = f"POST {V1}/search HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {reader.headers['Authorization']}\r\n"
        head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
        with socket.create_connection(("127.0.0.1", door.port), timeout=30) as connection:
            connection.sendall(head.encode())
            for _ in range(40):
                connection.sendall(chunk)
            connection.sendall(b"0\r\n\r\n")
            assert connection.recv(65_536).split()[1] == b"413"

    @pytest.mark.parametrize(
        "text",
        [
            "a" * 1_999 + "!", "(" * 2_000, "((a+)+)+$" * 200, "1" * 2_000, "1." * 1_000, "ß" * 2_000, "é" * 1_000,
            "0x" * 1_000, "-" * 2_000, "😀" * 1_000, "\u202e" * 2_000, "1 кг " * 400, "\\" * 2_000, "%" * 2_000, "\0" * 100,
        ],
        ids=range(15),
    )  # fmt: skip
    def test_no_text_keeps_the_server_busy(self, sample_index, sample_model, reader, text):
        reply = reader.post(f"{V1}/search", {"text": text})  # the deadline of the work would answer 504
        assert reply.status == 200, reply.body

    def test_headers_that_do_not_end_are_refused(self, door):
        for head in (b"X: " + b"a" * 100_000, b"\r\n".join(b"X-%d: 1" % number for number in range(9_000))):
            reply = door.client().raw(
                b"GET / HTTP/1.1\r\nConnection: close\r\nHost: 127.0.0.1\r\n" + head + b"\r\n\r\n"
            )
            assert reply.split()[1] in (b"400", b"431")

    @pytest.mark.parametrize(
        "request_line",
        [
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
            b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ],
        ids=["smuggling", "two lengths", "negative", "bytes", "a blank before the colon", "tls"],
    )
    def test_what_is_no_http_is_refused(self, door, request_line):
        reply = door.client().raw(request_line)
        assert reply.split()[1:2] in ([b"400"], [b"401"])

    def test_ranges_are_passed_over(self, reader, one):
        whole = reader.get(product(one, "/picture"))
        flood = "bytes=" + ",".join(f"{start}-" for start in range(1_000))
        for ranges in ("bytes=0-0", flood):
            reply = reader.get(product(one, "/picture"), Range=ranges)
            assert (reply.status, reply.body) == (200, whole.body)
        css = reader.get("/static/icon.svg", Range=flood)
        assert css.status == 200


class TestHowLong:
    def test_a_slow_head_a_slow_body_and_silence_are_cut_off(self, sample_index, tmp_path):
        quick = replace(LIMITS, head_s=0.3, request_s=0.5)
        with served(Current(Sources(sample_index)), tmp_path, limits=quick) as door:
            token = door.tokens["read"]
            head = f"POST {V1}/search HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            body = f"{head}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{{"
            assert door.client().raw(b"") == b""
            assert door.client().raw(b"GET / HTTP/1.1\r\nHost: 127") == b""
            assert door.client().raw(body.encode()).split()[1] == b"408"
            with socket.create_connection(("127.0.0.1", door.port), timeout=30) as connection:
                connection.sendall(f"GET {V1}/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                connection.sendall(b"GET / HTTP")  # a second head that does not end
                came = b"".join(iter(lambda: connection.recv(65_536), b""))
            assert came.count(b"HTTP/1.1") == 1
            assert came.endswith(b'{"status":"ok"}')

    def test_many_slow_clients_keep_nobody_waiting(self, sample_index, tmp_path):
        with served(Current(Sources(sample_index)), tmp_path) as door:
            slow = [socket.create_connection(("127.0.0.1", door.port), timeout=30) for _ in range(100)]
            for connection in slow:
                connection.sendall(b"POST /api/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n")
            assert door.client("read").post(f"{V1}/search", {"text": "phone"}).status == 200
            for connection in slow:
                connection.close()

    def test_an_answer_is_sent_without_waiting_for_the_other_side(self, sample_index, tmp_path, monkeypatch):
        sockets = []

        class Seen(H11Protocol):
            def connection_made(self, transport):
                sockets.append(transport.get_extra_info("socket"))
                super().connection_made(transport)

        monkeypatch.setattr("scripts.serve.safety.connections.H11Protocol", Seen)
        with served(Current(Sources(sample_index)), tmp_path) as door:
            held = HTTPConnection("127.0.0.1", door.port, timeout=30)
            held.request("GET", f"{V1}/health")
            assert held.getresponse().read() == b'{"status":"ok"}'
            assert sockets[-1].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            held.close()

    def test_a_connection_too_many_is_closed_and_the_others_are_answered(self, sample_index, tmp_path):
        with served(Current(Sources(sample_index)), tmp_path, limits=replace(LIMITS, connections=3)) as door:
            held = [HTTPConnection("127.0.0.1", door.port, timeout=30) for _ in range(3)]
            for connection in held:
                connection.connect()
                connection.request("GET", f"{V1}/health")
                assert connection.getresponse().read() == b'{"status":"ok"}'
            with suppress(ConnectionError):
                assert door.client().raw(b"") == b""
            for connection in held:  # those that are there are answered on
                connection.request("GET", f"{V1}/health")
                assert connection.getresponse().read() == b'{"status":"ok"}'
                connection.close()

    def test_an_address_of_another_machine_has_a_share_of_the_connections(self, sample_index, tmp_path, monkeypatch):
        monkeypatch.setattr("scripts.serve.safety.connections._is_own", lambda host: False)
        asked = f"GET {V1}/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        one = replace(LIMITS, connections_of_an_address=1)
        with ExitStack() as opened:
            door = opened.enter_context(served(Current(Sources(sample_index)), tmp_path, limits=one))
            for source in ("127.0.0.1", "127.0.0.2"):
                near = ("127.0.0.1", door.port)
                connection = opened.enter_context(socket.create_connection(near, 30, (source, 0)))
                connection.sendall(asked)
                assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
                with suppress(ConnectionError):
                    assert door.client().raw(b"") == b""

    def test_what_would_wait_too_long_is_told_when_to_come_again(self, sample_index, tmp_path, monkeypatch):
        go, begun = Event(), Event()

        def stuck(*given):
            begun.set()
            return go.wait(30) and {}

        few = replace(LIMITS, workers=1, waiting=1, work_s=0.5)
        monkeypatch.setattr("scripts.serve.api.search._search", stuck)
        with served(Current(Sources(sample_index)), tmp_path, limits=few) as door:
            client, replies = door.client("read"), []
            asking = [
                Thread(target=lambda: replies.append(client.post(f"{V1}/search", {"text": "phone"}))) for _ in range(2)
            ]
            for thread in asking:
                thread.start()
            assert begun.wait(30)
            while door.service.workers.here < 2:
                time.sleep(0.01)
            busy = client.post(f"{V1}/search", {"text": "phone"})
            assert (busy.status, busy.headers["retry-after"]) == (503, "1")
            assert client.get(f"{V1}/health").status == 200
            for thread in asking:
                thread.join()
            assert [reply.status for reply in replies] == [504, 504]
            go.set()

    def test_a_bug_is_told_without_its_traceback(self, sample_index, tmp_path, monkeypatch):
        def broken(*given):
            raise RuntimeError("at /home/somebody/secret")

        monkeypatch.setattr("scripts.serve.api.search._search", broken)
        with served(Current(Sources(sample_index)), tmp_path) as door:
            reply = door.client("read").post(f"{V1}/search", {"text": "phone"})
        assert reply.status == 500
        assert "secret" not in reply.body.decode()

    def test_no_path_of_the_machine_is_told(self, heroic, tmp_path, monkeypatch):
        folder = tmp_path / "pictures"
        folder.mkdir()
        names = ["folder.jpg", "text.jpg", "none.jpg"]
        for name in names:
            (folder / name).write_bytes(b"SECRET of this machine")
        rows = [{"id": f"p{place}", "title": f"thing {place}", "images": [name]} for place, name in enumerate(names)]
        index = built(heroic, tmp_path, rows, image_encoder="none", images=folder)

        for name in ("folder.jpg", "none.jpg"):
            (folder / name).unlink()
        (folder / "folder.jpg").mkdir()

        def refused(*given):
            raise InputError(f"{index}: is damaged. {tmp_path / 'labels.db'}: too")

        monkeypatch.setattr("scripts.serve.api.search._search", refused)
        with served(Current(Sources(index)), tmp_path) as door:
            client = door.client("read")
            told = [client.get(product(f"p{place}", "/picture")).error for place in range(len(names))]
            told.append(client.post(f"{V1}/search", {"text": "phone"}).error)
        assert told == [
            "no picture: cannot be read",
            "no picture: no picture",
            "no picture: no such file",
            "index: is damaged. labels.db: too",
        ]

    def test_pictures_kept_in_memory_have_a_bound(self, sample_index, tmp_path):
        with served(
            Current(Sources(sample_index)), tmp_path, limits=replace(LIMITS, picture_cache_bytes=10_000)
        ) as door:
            for product_id in door.service.current.opened.index.catalog.ids[:40].to_pylist():
                door.client("read").get(product(product_id, "/picture"))
            kept = door.service.pictures._kept
            assert 0 < sum(map(len, kept.values())) == door.service.pictures._bytes <= 10_000


def test_the_process_writes_no_request_into_the_working_folder(door, reader):
    before = set(os.listdir())
    reader.send(f"{V1}/search", [("picture", "../../evil.png", picture())])
    assert set(os.listdir()) == before
