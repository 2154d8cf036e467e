import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.shapes import cache_of
from training.augmentation import Shares, augmented
from training.batches import EpochBatches, drawing_weights, label_of, one_hot
from training.cache import Cache
from training.config import Config, Stage

STAGE = Stage(epochs=1, side=16, smallest_area=0.5)
NONE = dict.fromkeys(Shares.model_fields, 0.0)
ALL = dict.fromkeys(Shares.model_fields, 1.0)
BLUE, RED, YELLOW = (0, 0, 255), (255, 0, 0), (255, 255, 0)


Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]


def config_of(**changes: object) -> Config:
    small = {"photos": "nowhere", "epoch_photos": 32, "batch": 8, "stages": (STAGE, STAGE), "scenes": "class 2"}
    return Config.model_validate({**small, **changes})


def noisy_cache() -> Cache:
    random = np.random.default_rng(1)
    photos = [random.integers(0, 256, (*random.integers(20, 40, 2), 3), dtype=np.uint8) for _ in range(12)]
    return cache_of(photos, [0, 1, 2] * 4, ["a", "b"] * 6)


def plain_cache(colours: list[tuple[int, int, int]], labels: list[int]) -> Cache:
    return cache_of([np.full((20, 20, 3), colour, np.uint8) for colour in colours], labels)


def weights_of(labels: list[int], sources: list[str], **balance: float) -> NDArray[np.float64]:
    cache = cache_of([np.zeros((1, 1, 3), np.uint8)] * len(labels), labels, sources)
    return drawing_weights(cache, np.arange(len(labels)), config_of(**balance))


def all_of(batches: EpochBatches) -> Batch:
    """The photos and targets of all batches."""
    images, targets = zip(*(batches[index] for index in range(len(batches))), strict=True)
    return np.concatenate(images), np.concatenate(targets)


def shows(images: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Which photos have at least a few pixels of nearly this colour."""
    near = np.abs(images.astype(int) - colour).max(axis=3) < 30
    return np.asarray(near.sum(axis=(1, 2)) >= 4)


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
    config = config_of(mix_share=0, pasted_share=0, shares=NONE)
    images, targets = all_of(EpochBatches(cache, np.array([1, 2, 3, 5]), config, STAGE, 0))
    np.testing.assert_array_equal(targets, np.eye(3, dtype=np.float32)[images[:, 8, 8, 0] // 80])
    assert np.ptp(images, axis=(1, 2, 3)).max() == 0


def test_a_batch_is_made_of_its_photos_one_after_the_other() -> None:
    cache, config = noisy_cache(), config_of(mix_share=0, pasted_share=0)
    batches = EpochBatches(cache, np.arange(12), config, STAGE, 7)
    random = np.random.default_rng((config.seed, 7, 2))
    shares = []
    for photo in batches.order[16:24]:
        random.random()  # whether it is pasted
        shares.append(augmented(cache.photo(photo), 16, 0.5, config.shares, random))
    np.testing.assert_array_equal(batches[2][0], shares)


def test_a_stage_without_strength_crops_and_mirrors_only() -> None:
    cache = plain_cache([BLUE, RED, YELLOW], [0, 1, 2])
    still = STAGE.model_copy(update={"strength": 0.0})
    config = config_of(mix_share=1, pasted_share=1, shares=ALL, epoch_photos=80)
    images, targets = all_of(EpochBatches(cache, np.arange(3), config, still, 0))
    np.testing.assert_array_equal(images[:, 3, 5], np.array([BLUE, RED, YELLOW])[targets.argmax(axis=1)])
    assert np.ptp(images, axis=(1, 2)).max() == 0
    assert np.isin(targets, (0, 1)).all()


@pytest.mark.parametrize("strength", [0.4, 1])
def test_a_change_reaches_its_share_times_the_stages_strength(strength: float) -> None:
    config = config_of(mix_share=0, pasted_share=0, shares={**NONE, "grey": 0.5}, epoch_photos=800)
    stage = STAGE.model_copy(update={"strength": strength})
    images, _ = all_of(EpochBatches(plain_cache([BLUE, RED], [0, 1]), np.arange(2), config, stage, 0))
    grey = np.ptp(images[:, 8, 8], axis=1) == 0
    assert grey.mean() == pytest.approx(0.5 * strength, abs=0.08)  # 4.5 deviations


@pytest.mark.parametrize("strength", [0.4, 1])
def test_a_share_of_photos_is_pasted_into_photos_of_the_scenes_class(strength: float) -> None:
    cache = plain_cache([BLUE, RED, YELLOW], [0, 1, 2])
    config = config_of(mix_share=0, pasted_share=0.5, shares=NONE, epoch_photos=1200)
    stage = Stage(epochs=1, side=16, smallest_area=1, strength=strength)
    images, targets = all_of(EpochBatches(cache, np.arange(3), config, stage, 0))
    for label, colour in enumerate((BLUE, RED)):
        of_it = images[targets[:, label] == 1]
        assert shows(of_it, colour).all()
        assert not shows(of_it, (RED, BLUE)[label]).any()  # pasted into no other class
        assert shows(of_it, YELLOW).mean() == pytest.approx(0.5 * strength, abs=0.12)  # 4.5 deviations


def test_scenes_are_photos_of_the_split() -> None:
    cache = plain_cache([BLUE, RED, YELLOW], [0, 2, 2])
    config = config_of(mix_share=0, pasted_share=1, shares=NONE, epoch_photos=80)
    stage = Stage(epochs=1, side=16, smallest_area=1)
    images, _ = all_of(EpochBatches(cache, np.array([0, 2]), config, stage, 0))
    assert shows(images, YELLOW).all()
    assert not shows(images, RED).any()


def test_without_a_class_of_scenes_nothing_is_pasted() -> None:
    made = [
        bytes_of(EpochBatches(noisy_cache(), np.arange(12), config_of(pasted_share=share, scenes=scenes), STAGE, 0))
        for share, scenes in ((0, "nothing"), (1, "nothing"), (1, "class 1"))
    ]
    assert made[0] == made[1] != made[2]


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


@pytest.mark.parametrize(("mix_share", "strength"), [(0, 1), (1, 1), (1, 0.3), (0.3, 1)])
def test_a_share_of_batches_is_mixed_up(mix_share: float, strength: float) -> None:
    config = config_of(mix_share=mix_share, pasted_share=0, shares=NONE, epoch_photos=1600)
    stage = STAGE.model_copy(update={"strength": strength})
    tones = list(range(0, 256, 17))
    cache = plain_cache([(tone, tone, tone) for tone in tones], list(range(16)))
    batches = EpochBatches(cache, np.arange(16), config, stage, 0)
    mixed = []
    for images, targets in (batches[index] for index in range(len(batches))):
        mixed.append(not np.isin(targets, (0, 1)).all())
        np.testing.assert_allclose(images[:, 8, 8], np.outer(targets @ tones, (1, 1, 1)), atol=0.501)
    expected = mix_share * strength
    assert np.mean(mixed) == pytest.approx(expected, abs=4.5 * np.sqrt(expected * (1 - expected) / 200))


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


def test_a_class_has_its_number_and_what_is_none_has_a_number_that_no_photo_has() -> None:
    cache = noisy_cache()
    assert [label_of(cache, name) for name in (*cache.classes, "other", "")] == [0, 1, 2, -1, -1]


def test_one_hot_marks_the_label() -> None:
    targets = one_hot(np.array([2, 0], np.int32), 3)
    assert targets.dtype == np.float32
    assert targets.tolist() == [[0, 0, 1], [1, 0, 0]]
