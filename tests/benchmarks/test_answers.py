"""Mixed-up answers are found: by a server that mixes them up."""

import hashlib
import json
import threading

import pytest

from benchmarks.answers import AnswersMixed, check_answers
from benchmarks.server import Server
from benchmarks.wire import STAMP
from tests.benchmarks.conftest import Reply, answering

ALONE = bytes(STAMP)  # the stamp of photos that are asked about one by one


class Answers:
    """A network whose logits are a hash of the photo, behind a server that may mix up or blur its answers."""

    def __init__(self, mixes: bool = False, blurs: float = 0.0) -> None:
        self._mixes, self._blurs = mixes, blurs
        self._lock, self._before = threading.Lock(), b""

    def reply(self, body: bytes) -> Reply:
        photo = body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0].removesuffix(b"\r\n--")
        photo, stamp = photo[: photo.rindex(b"\xff\xd9") + 2], photo[-STAMP:]
        alone = stamp == ALONE
        with self._lock:
            shown, self._before = (self._before or photo) if self._mixes and not alone else photo, photo
        logits = [byte / 25.5 + (0 if alone else self._blurs) for byte in hashlib.sha256(shown).digest()[:4]]
        predictions = [{"label": str(number), "logit": logit} for number, logit in enumerate(logits)]
        return 200, {}, json.dumps({"predictions": predictions, "batch_size": 1}).encode()


def server_at(port: int) -> Server:
    return Server("a server", port, pid=0, start_s=0.0, precision="float32")


def test_right_answers_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(Answers().reply) as port:
        check_answers(server_at(port))
    assert "each got its own answer" in capsys.readouterr().out


def test_an_answer_of_another_photo_is_found() -> None:
    with answering(Answers(mixes=True).reply) as port, pytest.raises(AnswersMixed, match="another's"):
        check_answers(server_at(port))


def test_an_answer_that_is_somewhat_off_is_found() -> None:
    with answering(Answers(blurs=0.06).reply) as port, pytest.raises(AnswersMixed, match=r"0\.06 off"):
        check_answers(server_at(port))


def test_a_refusal_is_no_answer() -> None:
    with answering(lambda _: (503, {}, b"")) as port, pytest.raises(AnswersMixed, match="503"):
        check_answers(server_at(port))


def test_the_service_mixes_up_nothing(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    check_answers(server)
    assert "each got its own answer" in capsys.readouterr().out
