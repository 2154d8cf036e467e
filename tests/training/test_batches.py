import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.shapes import cache_of
from training.batches import EpochBatches, drawing_weights, one_hot
from training.cache import Cache
from training.config import Config, Stage

STAGE = Stage(epochs=1, side=16, smallest_area=0.5)


def config_of(**changes: object) -> Config:
    small = {"photos": "nowhere", "epoch_photos": 32, "batch": 8, "stages": (STAGE, STAGE), "jpeg_share": 0.5}
    return Config.model_validate({**small, **changes})


def noisy_cache() -> Cache:
    random = np.random.default_rng(1)
    photos = [random.integers(0, 256, (*random.integers(20, 40, 2), 3), dtype=np.uint8) for _ in range(12)]
    return cache_of(photos, [0, 1, 2] * 4, ["a", "b"] * 6)


def weights_of(labels: list[int], sources: list[str], **balance: float) -> NDArray[np.float64]:
    cache = cache_of([np.zeros((1, 1, 3), np.uint8)] * len(labels), labels, sources)
    return drawing_weights(cache, np.arange(len(labels)), config_of(**balance))


def bytes_of(batches: EpochBatches) -> list[bytes]:
    return [part.tobytes() for index in range(len(batches)) for part in batches[index]]


def test_the_same_configuration_and_epoch_give_the_same_bytes() -> None:
    config, photos = config_of(mix_share=0.5), np.arange(12)
    first, again = (bytes_of(EpochBatches(noisy_cache(), photos, config, STAGE, 7)) for _ in range(2))
    assert first == again


def test_the_order_in_which_batches_are_asked_for_changes_nothing() -> None:
    first, second = (EpochBatches(noisy_cache(), np.arange(12), config_of(), STAGE, 7) for _ in range(2))
    forwards = [first[index][0].tobytes() for index in range(4)]
    backwards = [second[index][0].tobytes() for index in (3, 2, 1, 0)]
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == 4


@pytest.mark.parametrize("other", [{"epoch": 8}, {"seed": 2}])
def test_another_epoch_or_seed_gives_other_bytes(other: dict[str, int]) -> None:
    def batches(epoch: int = 7, seed: int = 1) -> EpochBatches:
        return EpochBatches(noisy_cache(), np.arange(12), config_of(seed=seed), STAGE, epoch)

    assert not set(bytes_of(batches())[::2]) & set(bytes_of(batches(**other))[::2])
    assert batches().order.tolist() != batches(**other).order.tolist()


def test_a_photo_is_cropped_otherwise_in_another_epoch() -> None:
    epochs = [EpochBatches(noisy_cache(), np.array([3]), config_of(), STAGE, epoch) for epoch in (7, 8)]
    assert not set(bytes_of(epochs[0])[::2]) & set(bytes_of(epochs[1])[::2])


@pytest.mark.parametrize(("epoch_photos", "length"), [(8, 1), (15, 1), (16, 2), (17, 2)])
def test_an_epoch_has_whole_batches_only(epoch_photos: int, length: int) -> None:
    batches = EpochBatches(noisy_cache(), np.arange(12), config_of(epoch_photos=epoch_photos), STAGE, 0)
    assert len(batches) == length
    assert all(len(images) == len(targets) == 8 for images, targets in (batches[index] for index in range(length)))


def test_a_batch_is_what_its_stage_and_the_network_want() -> None:
    stage = Stage(epochs=1, side=24, smallest_area=0.5)
    images, targets = EpochBatches(noisy_cache(), np.arange(12), config_of(), stage, 0)[0]
    assert (images.shape, images.dtype) == ((8, 24, 24, 3), np.dtype(np.uint8))
    assert (targets.shape, targets.dtype) == ((8, 3), np.dtype(np.float32))
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)


def test_every_photo_keeps_its_label() -> None:
    photos = [np.full((20, 20, 3), 80 * label, np.uint8) for label in (0, 1, 2, 0, 1, 2)]
    cache = cache_of(photos, [0, 1, 2, 0, 1, 2])
    batches = EpochBatches(cache, np.array([1, 2, 3, 5]), config_of(mix_share=0, jpeg_share=0), STAGE, 0)
    for images, targets in (batches[index] for index in range(len(batches))):
        np.testing.assert_array_equal(targets, np.eye(3, dtype=np.float32)[images[:, 8, 8, 0] // 80])
        assert np.ptp(images, axis=(1, 2, 3)).max() == 0


def test_only_photos_of_the_split_are_drawn() -> None:
    photos = np.array([1, 4, 5, 11])
    drawn = EpochBatches(noisy_cache(), photos, config_of(epoch_photos=400), STAGE, 0).order
    assert set(drawn) == set(photos)


def test_photos_are_drawn_as_often_as_their_weights_say() -> None:
    cache = cache_of([np.zeros((1, 1, 3), np.uint8)] * 4, [0, 0, 0, 1], ["a", "a", "b", "a"])
    config = config_of(epoch_photos=20_000, class_balance=1, source_balance=1)
    drawn = EpochBatches(cache, np.arange(4), config, STAGE, 0).order
    # Five standard deviations of the share of one half are 0.018.
    assert np.bincount(drawn) / 20_000 == pytest.approx([1 / 8, 1 / 8, 1 / 4, 1 / 2], abs=0.018)


@pytest.mark.parametrize(
    ("share", "mixed", "compressed"), [("mix_share", True, False), ("jpeg_share", False, True), ("", False, False)]
)
def test_shares_of_one_reach_every_batch_and_shares_of_none_reach_none(
    share: str, mixed: bool, compressed: bool
) -> None:
    smooth = [np.full((20, 20, 3), (200, 30, 90), np.uint8), np.full((20, 20, 3), (199, 31, 91), np.uint8)]
    config = config_of(**{"mix_share": 0.0, "jpeg_share": 0.0, share or "seed": 1})
    batches = EpochBatches(cache_of(smooth, [0, 1]), np.arange(2), config, STAGE, 0)
    for images, targets in (batches[index] for index in range(len(batches))):
        assert (not np.isin(targets, (0, 1)).all()) == mixed
        colours = {tuple(colour) for colour in images.reshape(-1, 3).tolist()}
        assert (not colours <= {(200, 30, 90), (199, 31, 91)}) == compressed


# Class 0 has two photos from a and one from b; class 1 has one from a.
@pytest.mark.parametrize(
    ("class_balance", "source_balance", "expected"),
    [
        (0, 0, [1 / 4, 1 / 4, 1 / 4, 1 / 4]),
        (1, 0, [1 / 6, 1 / 6, 1 / 6, 1 / 2]),
        (0, 1, [3 / 16, 3 / 16, 3 / 8, 1 / 4]),
        (1, 1, [1 / 8, 1 / 8, 1 / 4, 1 / 2]),
        # Classes as sqrt(3) : sqrt(1), sources of class 0 as sqrt(2) : sqrt(1).
        (0.5, 0.5, [0.185687, 0.185687, 0.262601, 0.366025]),
    ],
)
def test_rarer_classes_and_sources_are_drawn_more_often_as_computed_by_hand(
    class_balance: float, source_balance: float, expected: list[float]
) -> None:
    weights = weights_of([0, 0, 0, 1], ["a", "a", "b", "a"], class_balance=class_balance, source_balance=source_balance)
    assert weights == pytest.approx(expected, abs=1e-6)


@given(
    kinds=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["", "a", "b 1", "1"])), min_size=1, max_size=60),
    class_balance=st.floats(0, 1),
    source_balance=st.floats(0, 1),
)
def test_weights_of_any_photos_sum_to_one_and_are_alike_within_a_source(
    kinds: list[tuple[int, str]], class_balance: float, source_balance: float
) -> None:
    labels, sources = [label for label, _ in kinds], [source for _, source in kinds]
    weights = weights_of(labels, sources, class_balance=class_balance, source_balance=source_balance)
    assert weights.shape == (len(kinds),)
    assert weights.sum() == pytest.approx(1)
    assert (weights > 0).all()
    for kind in set(kinds):
        alike = weights[[other == kind for other in kinds]]
        assert alike == pytest.approx(alike[0])


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=60), source_balance=st.floats(0, 1))
def test_full_class_balance_gives_every_class_the_same_share(labels: list[int], source_balance: float) -> None:
    sources = ["ab"[number % 2] for number in range(len(labels))]
    weights = weights_of(labels, sources, class_balance=1, source_balance=source_balance)
    shares = np.bincount(labels, weights)[sorted(set(labels))]
    assert shares == pytest.approx(1 / len(shares))


def test_weights_belong_to_the_photos_that_were_asked_for() -> None:
    cache = cache_of([np.zeros((1, 1, 3), np.uint8)] * 5, [0, 1, 0, 1, 1])
    weights = drawing_weights(cache, np.array([4, 0, 3, 1]), config_of(class_balance=1))
    assert weights == pytest.approx([1 / 6, 1 / 2, 1 / 6, 1 / 6])
    renamed = dataclasses.replace(cache, sources=["a", "", "b", "", "c"])
    balanced = drawing_weights(renamed, np.array([4, 0, 3, 1]), config_of(class_balance=1, source_balance=1))
    assert balanced == pytest.approx([1 / 4, 1 / 2, 1 / 8, 1 / 8])


def test_one_hot_marks_the_label() -> None:
    targets = one_hot(np.array([2, 0], np.int32), 3)
    assert targets.dtype == np.float32
    assert targets.tolist() == [[0, 0, 1], [1, 0, 0]]
