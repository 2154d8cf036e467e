"""What a request takes beyond its first place, at the real admission."""

import pytest

from app.errors import Overloaded
from app.scheduling.admission import Admission
from app.scheduling.admitted import FRONT, PATHS, TEMPLATES, takes_photos
from app.scheduling.places import Places
from app.settings import Settings

BYTES = 2000
FOR_EVER = 1e9


def entered(admission: Admission, size: int) -> Places:
    """Those of a request whose photo has come."""
    places = Places(admission, FOR_EVER)
    places.hold(size)
    places.take(1)
    return places


def left(admission: Admission, *requests: Places) -> tuple[int, int]:
    """The photos and bytes that are counted once all these have left."""
    for places in requests:
        places.leave(answered=True)
    return admission.photos, admission.bytes


def test_a_request_has_no_place_until_its_photo_is_there() -> None:
    admission = Admission(Settings(queue_photos=1))
    one, other = Places(admission, FOR_EVER), Places(admission, FOR_EVER)
    for half in (one, other):
        half.hold(100)
    assert (admission.photos, admission.bytes) == (0, 200)
    other.take(1)
    with pytest.raises(Overloaded, match="at most 1 photos at a time"):
        one.take(1)
    assert left(admission, one, other) == (0, 0)
    assert admission.pace_s > 0  # that of the other


def test_a_request_takes_a_place_for_each_of_its_photos_if_there_are_as_many() -> None:
    admission = Admission(Settings(queue_photos=4))
    one, other = entered(admission, 0), entered(admission, 0)
    one.take(1)
    one.take(3)
    assert admission.photos == 4
    with pytest.raises(Overloaded, match="at most 4 photos at a time"):
        other.take(2)
    assert left(admission, one, other) == (0, 0)


def test_bytes_count_as_they_come_and_those_beside_a_body_like_those_of_it() -> None:
    admission = Admission(Settings(queue_bytes=BYTES))
    one, other = entered(admission, 500), entered(admission, 500)
    one.hold(BYTES - 1000)
    assert admission.bytes == BYTES
    for hold in (lambda: other.hold(1), lambda: entered(admission, 1), lambda: admission.check(1, FOR_EVER)):
        with pytest.raises(Overloaded, match=f"at most {BYTES} bytes of photos at a time; received: {BYTES + 1}"):
            hold()
    assert left(admission, one) == (1, 500)
    other.hold(BYTES - 500)
    assert left(admission, other) == (0, 0)


def test_a_request_that_is_alone_may_need_as_many_bytes_as_it_likes() -> None:
    admission = Admission(Settings(queue_bytes=BYTES))
    alone = entered(admission, 500)
    alone.hold(10 * BYTES)
    alone.take(2)
    with pytest.raises(Overloaded):
        entered(admission, 1)
    assert left(admission, alone) == (0, 0)


def test_one_that_has_waited_for_its_body_has_less_patience_for_the_answer() -> None:
    admission = Admission(Settings(max_wait_s=100))
    admission.pace_s = 1.0
    entered(admission, 1)
    Places(admission, 60.0).take(1)
    with pytest.raises(Overloaded, match="received: one that takes"):
        Places(admission, 2.5).take(1)
    late = Places(admission, 0.0)
    with pytest.raises(Overloaded):
        late.take(1)


@pytest.mark.parametrize("path", [*sorted(PATHS), *TEMPLATES, FRONT])
def test_a_newline_at_the_end_of_a_path_leads_nobody_past_admission(path: str) -> None:
    for same in (path, f"{path}\n"):
        assert takes_photos("POST", same)
    for other in (f"{path}\n\n", f"\n{path}", f"{path}x"):
        assert not takes_photos("POST", other)
