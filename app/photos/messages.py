"""How the service and its decoders talk: words and content, over a stream socket."""

import socket
import struct

LENGTHS = struct.Struct("<QQ")  # of the words and of the content, in bytes


def send(to: socket.socket, words: bytes, content: bytes) -> None:
    """Sends a message.

    Raises:
        OSError: if nobody is there to read it.
    """
    to.sendall(LENGTHS.pack(len(words), len(content)) + words)
    to.sendall(content)


def receive(start: socket.socket, most: int) -> tuple[bytes, memoryview]:
    """The next message: its words, its content.

    Args:
        start: where it comes from.
        most: bytes that it may have; who sends more is not believed.

    Raises:
        EOFError: if the other side is gone.
        OSError: if it says nothing for as long as the socket waits, or too much.
    """
    words, content = LENGTHS.unpack(exactly(start, LENGTHS.size))
    if words + content > most:
        raise OSError(f"Expected a message of at most {most} bytes; received: {words + content}")
    body = exactly(start, words + content)
    return bytes(body[:words]), body[words:]


def exactly(start: socket.socket, size: int) -> memoryview:
    """The next so many bytes."""
    body, got = memoryview(bytearray(size)), 0
    while got < size:
        came = start.recv_into(body[got:], 0, socket.MSG_WAITALL)
        if not came:
            raise EOFError
        got += came
    return body
