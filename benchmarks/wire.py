"""HTTP/1.1 as bytes: requests made once and sent often, answers read with as little work as can be."""

import re
import socket
from typing import NamedTuple, Self

HOST = "127.0.0.1"
BOUNDARY = b"a-boundary-that-no-photo-contains"
STAMP = 16  # bytes after a photo's end, which make each posted file another; decoders do not look there
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")
END = b"\r\n\r\n"
WITHOUT_BODY = (204, 304)


class Head(NamedTuple):
    """What is looked at of an answer's head."""

    status: int
    length: int  # of the body, in bytes
    closes: bool
    retry_after: bool


class Answer(NamedTuple):
    head: Head
    body: bytes


class Wire:
    """One connection that is kept, for one request at a time."""

    def __init__(self, port: int, timeout: float = 60.0) -> None:
        self._socket = socket.create_connection((HOST, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._room = bytearray(2**16)

    def ask(self, request: bytes) -> Answer:
        """Sends a request and waits for the whole answer.

        Raises:
            ConnectionError: if the server closes before.
        """
        self._socket.sendall(request)
        filled = 0
        while (end := self._room.find(END, 0, filled)) < 0:
            filled += self._more(filled)
        head, begin = read_head(bytes(self._room[:end])), end + len(END)
        whole = begin + head.length
        if whole > len(self._room):
            self._room.extend(bytes(whole - len(self._room)))
        while filled < whole:
            filled += self._more(filled)
        return Answer(head, bytes(memoryview(self._room)[begin:whole]))

    def _more(self, filled: int) -> int:
        with memoryview(self._room) as room:
            received = self._socket.recv_into(room[filled:])
        if not received:
            raise ConnectionError("The server closed the connection before its answer was whole")
        return received

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_head(head: bytes) -> Head:
    """Reads an answer's head, from the status line to before the empty line.

    Raises:
        ValueError: if it does not say how long the body is.
    """
    head = head.lower()
    status, length = int(head[9:12]), LENGTH.search(head)
    if length is None and status not in WITHOUT_BODY:
        raise ValueError(f"Expected an answer with a Content-Length; received: {head.decode('latin-1')!r}")
    return Head(status, int(length[1]) if length else 0, b"\r\nconnection: close" in head, b"\r\nretry-after: " in head)


def get(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def post(target: str, photo: bytes, number: int = 0) -> bytes:
    """A photo as the part `file` of a form, as browsers and `curl -F` send it; each number makes it another file."""
    begin, end = post_parts(target, photo)
    return begin + stamp(number) + end


def stamp(number: int) -> bytes:
    return number.to_bytes(STAMP)


def post_parts(target: str, photo: bytes) -> tuple[bytes, bytes]:
    """The same in two parts, between which a stamp goes."""
    part = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n' % BOUNDARY
    part += b"Content-Type: image/jpeg" + END
    end = b"\r\n--%b--\r\n" % BOUNDARY
    length = len(part) + len(photo) + STAMP + len(end)
    head = f"POST {target} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n"
    head += f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}\r\n\r\n"
    return head.encode() + part + photo, end
