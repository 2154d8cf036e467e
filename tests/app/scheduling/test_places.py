"""What a request takes beyond its first place, at the real admission."""

import pytest

from app.errors import Overloaded
from app.scheduling.admission import Admission
from app.scheduling.admitted import FRONT, PATHS, TEMPLATES, Places, takes_photos
from app.settings import Settings

BYTES = 2000
FOR_EVER = 1e9


def entered(admission: Admission, size: int) -> Places:
    admission.enter(size, FOR_EVER)
    return Places(admission, FOR_EVER, size)


def left(admission: Admission, *requests: Places) -> tuple[int, int]:
    """The photos and bytes that are counted once all these have left."""
    for places in requests:
        admission.leave(places.bytes, True, places.photos)
    return admission.photos, admission.bytes


def test_a_request_takes_a_place_for_each_of_its_photos_if_there_are_as_many() -> None:
    admission = Admission(Settings(queue_photos=4))
    one, other = entered(admission, 0), entered(admission, 0)
    one.take(1)
    one.take(3)
    assert admission.photos == 4
    with pytest.raises(Overloaded, match="at most 4 photos at a time"):
        other.take(2)
    assert left(admission, one, other) == (0, 0)


def test_bytes_beside_a_body_count_like_those_of_it() -> None:
    admission = Admission(Settings(queue_bytes=BYTES))
    one, other = entered(admission, 500), entered(admission, 500)
    one.hold(BYTES - 1000)
    assert admission.bytes == BYTES
    for hold in (lambda: other.hold(1), lambda: entered(admission, 1)):
        with pytest.raises(Overloaded, match=f"at most {BYTES} bytes of photos at a time; received: {BYTES + 1}"):
            hold()
    assert left(admission, one) == (1, 500)
    other.hold(BYTES - 500)
    assert left(admission, other) == (0, 0)


def test_a_request_that_is_alone_may_need_as_many_bytes_as_it_likes() -> None:
    admission = Admission(Settings(queue_bytes=BYTES))
    alone = entered(admission, 500)
    alone.hold(10 * BYTES)
    with pytest.raises(Overloaded):
        entered(admission, 1)
    assert left(admission, alone) == (0, 0)


@pytest.mark.parametrize("path", [*sorted(PATHS), *TEMPLATES, FRONT])
def test_a_newline_at_the_end_of_a_path_leads_nobody_past_admission(path: str) -> None:
    for same in (path, f"{path}\n"):
        assert takes_photos("POST", same)
    for other in (f"{path}\n\n", f"\n{path}", f"{path}x"):
        assert not takes_photos("POST", other)
