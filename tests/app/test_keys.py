import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys import Keys, hash_of, new_key

ONE, TWO = "1" * 64, "ab" * 32


def test_a_key_is_known_by_its_sha256_and_leads_to_its_holder() -> None:
    keys = {name: new_key() for name in ("ann", "ben.2", "c_d-e")}
    parsed = Keys.parse(", ".join(f"{name}:{hashlib.sha256(key.encode()).hexdigest()}" for name, key in keys.items()))
    assert {name: parsed.holder(key) for name, key in keys.items()} == {name: name for name in keys}
    assert str(parsed) == "ann, ben.2, c_d-e"
    assert parsed.holder(new_key()) is None


@given(st.text())
def test_nothing_else_is_a_key(text: str) -> None:
    assert Keys.parse(f"ann:{ONE},ben:{TWO}").holder(text) is None


@given(st.text())
def test_any_text_can_be_hashed_and_then_is_the_key(text: str) -> None:
    assert Keys.parse(f"ann:{hash_of(text).hex()}").holder(text) == "ann"


def test_what_is_kept_is_in_nothing_that_is_shown() -> None:
    keys = Keys.parse(f"ann:{ONE}")
    assert ONE not in f"{keys} {keys!r}"
    assert bytes.fromhex(ONE).hex() not in repr(keys)
    assert str(Keys()) == "none"


@pytest.mark.parametrize("text", ["", ",", " , "])
def test_without_a_key_there_are_none(text: str) -> None:
    assert not Keys.parse(text)
    assert Keys.parse(f"ann:{ONE}")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("ann", 1),
        (ONE, 1),
        (f":{ONE}", 1),
        (f"ann:{ONE[1:]}", 1),
        (f"ann:{ONE}1", 1),
        (f"ann:{'AB' * 32}", 1),
        (f"a b:{ONE}", 1),
        (f"{'a' * 65}:{ONE}", 1),
        (f"ann:{ONE};ben:{TWO}", 1),
        (f"ann:{ONE},ben", 2),
        (f"ann:{ONE},ann:{TWO}", 2),
    ],
)
def test_what_is_no_line_is_refused_by_its_place_and_not_repeated(text: str, part: int) -> None:
    with pytest.raises(ValueError, match=f"part {part}") as refused:
        Keys.parse(text)
    assert ONE not in str(refused.value)
    assert "ann" not in str(refused.value)


def test_keys_that_are_put_together_are_those_of_both() -> None:
    one, other = new_key(), new_key()
    both = Keys.parse(f"ann:{hash_of(one).hex()}") + Keys.parse(f"ann:{hash_of(other).hex()},ben:{ONE}")
    assert [both.holder(key) for key in (one, other, new_key())] == ["ann", "ann", None]
    assert not Keys() + Keys()


def test_a_name_of_64_characters_is_taken() -> None:
    assert str(Keys.parse(f"{'a' * 64}:{ONE}")) == "a" * 64


def test_each_new_key_is_another_and_long() -> None:
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert {len(key) for key in keys} == {43}  # 32 bytes in base64, 6 bits a letter
