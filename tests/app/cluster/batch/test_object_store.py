"""An object store that speaks S3, on the loopback: what is listed, read and written through `s3://`."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from app.cluster.batch import photo_files
from app.cluster.batch.errors import NoPhoto
from app.cluster.batch.parts import DIGEST, MODEL, VERSION, Parts
from app.cluster.batch.photo_files import PhotoFiles
from app.cluster.batch.photo_paths import photo_paths
from app.errors import BodyTooLarge
from tests.app.cluster.batch.test_parts import rows

BUCKET = "photos"
FACTS = {MODEL: "cat", VERSION: "5", DIGEST: "ab" * 32}


class Bucket(BaseHTTPRequestHandler):
    """The few requests of S3 that Arrow makes, for one bucket."""

    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, bytes]] = {}
    uploads: ClassVar[dict[str, bytes]] = {}  # not ended yet
    failing: ClassVar[set[str]] = set()  # keys that it answers 403 for

    def do_HEAD(self) -> None:
        self._answer_about(self._key())

    def do_GET(self) -> None:
        if (key := self._key()) or "list-type" not in self._query():
            self._answer_about(key)
        else:
            self._answer(200, self._listing().encode())

    def do_PUT(self) -> None:
        content = self._body()
        if self._query().get("partNumber"):
            self.uploads[self._key()] = content
        else:
            self.objects[self._key()] = content
        self._answer(200)

    def do_POST(self) -> None:
        """The start of an upload in parts, and its end, with which the object is there; here, all have one part."""
        self._body()
        if "uploadId" in self._query():
            self.objects[self._key()] = self.uploads.pop(self._key())
            self._answer(200, b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>")
        else:
            upload = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
            self._answer(200, upload)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return unchunked(body) if "aws-chunked" in self.headers.get("content-encoding", "") else body

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}").lstrip("/")

    def _query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def _listing(self) -> str:
        prefix, delimiter = self._query().get("prefix", ""), self._query().get("delimiter", "")
        below = {key: key.removeprefix(prefix) for key in sorted(self.objects) if key.startswith(prefix)}
        files = [key for key, rest in below.items() if not delimiter or delimiter not in rest]
        deeper = [rest for rest in below.values() if delimiter and delimiter in rest]
        folders = sorted({prefix + rest.split(delimiter)[0] + delimiter for rest in deeper})
        contents = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(self.objects[key])}</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key in files
        )
        prefixes = "".join(f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>" for folder in folders)
        facts = f"<KeyCount>{len(below)}</KeyCount><IsTruncated>false</IsTruncated>"
        return f"<ListBucketResult>{facts}{contents}{prefixes}</ListBucketResult>"

    def _answer_about(self, key: str) -> None:
        if key in self.failing:
            self._answer(403)
        elif key and key not in self.objects:
            self._answer(404)
        else:
            content = self.objects.get(key, b"")
            first, _, last = self.headers.get("range", "").removeprefix("bytes=").partition("-")
            self._answer(206 if first else 200, content[int(first or 0) : int(last or len(content)) + 1])

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def unchunked(content: bytes) -> bytes:
    """The body in a body of `aws-chunked`: sizes in hexadecimal, each before so many bytes."""
    whole = b""
    while content:
        head, _, rest = content.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if not size:
            break
        whole, content = whole + rest[:size], rest[size + 2 :]
    return whole


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket, as a URI's query."""
    Bucket.objects, Bucket.failing = {}, set()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "cat")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "scan")
    monkeypatch.setattr(photo_files, "PAUSES_S", ())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"?endpoint_override=127.0.0.1%3A{server.server_port}&scheme=http&region=home"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_bucket_is_listed_and_its_photos_are_read(store: str) -> None:
    Bucket.objects |= {"cats/1.jpg": b"one", "cats/more/2 %3F.jpg": b"two", "cats/.hidden": b"", "dogs/3.jpg": b"three"}
    paths = list(photo_paths(f"s3://{BUCKET}/cats{store}"))
    assert sorted(paths) == [f"s3://{BUCKET}/cats/1.jpg{store}", f"s3://{BUCKET}/cats/more/2%20%253F.jpg{store}"]
    files = PhotoFiles(Path(), 3)
    assert sorted(map(files.read, paths)) == [b"one", b"two"]


def test_what_is_wrong_with_an_object_is_told_from_what_is_wrong_with_the_store(store: str) -> None:
    Bucket.objects |= {"large.jpg": b"four", "secret.jpg": b"cat"}
    Bucket.failing |= {"secret.jpg"}
    files = PhotoFiles(Path(), 3)
    with pytest.raises(BodyTooLarge, match="at most 3 bytes; received: 4"):
        files.read(f"s3://{BUCKET}/large.jpg{store}")
    with pytest.raises(NoPhoto) as caught:
        files.read(f"s3://{BUCKET}/gone.jpg{store}")
    assert caught.value.code == "file_not_found"
    with pytest.raises(OSError, match="ACCESS_DENIED"):
        files.read(f"s3://{BUCKET}/secret.jpg{store}")


def test_parts_are_written_to_a_bucket_and_found_again(store: str) -> None:
    out = f"s3://{BUCKET}/out{store}"
    with Parts(out, FACTS) as parts:
        parts.write(rows("a", "b"))
    with Parts(out, FACTS) as parts:
        assert list(parts.done()) == ["a", "b"]
    assert [key for key in Bucket.objects if key.endswith(".parquet")]
