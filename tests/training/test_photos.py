from pathlib import Path

import pytest

from training.photos import find_photos, source_of


def touch(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(file.name.encode())


def test_photos_come_class_by_class_in_a_fixed_order_with_label_source_and_bytes(tmp_path: Path) -> None:
    touch(*(tmp_path / name for name in ("dog/pacs_2.jpg", "cat/deep/er_1.png", "cat/b.webp", "cat/a_0007.JPEG")))
    found = list(find_photos(str(tmp_path)))
    assert [(photo.name, photo.label, photo.source) for photo in found] == [
        ("cat/a_0007.JPEG", "cat", "a"),
        ("cat/b.webp", "cat", ""),
        ("cat/deep/er_1.png", "cat", "er"),
        ("dog/pacs_2.jpg", "dog", "pacs"),
    ]
    assert [photo.read() for photo in found] == [b"a_0007.JPEG", b"b.webp", b"er_1.png", b"pacs_2.jpg"]


def test_files_that_are_no_photos_are_passed_over(tmp_path: Path) -> None:
    touch(*(tmp_path / name for name in ("cat/1.png", "cat/notes.txt", "cat/Thumbs.db", "dog/2.bmp", "README.md")))
    assert [photo.name for photo in find_photos(str(tmp_path))] == ["cat/1.png", "dog/2.bmp"]


@pytest.mark.parametrize("classes", [0, 1])
def test_a_folder_of_fewer_than_two_classes_is_refused(tmp_path: Path, classes: int) -> None:
    touch(tmp_path / "loose.png", *(tmp_path / f"class{number}" / "1.png" for number in range(classes)))
    with pytest.raises(FileNotFoundError, match=f"at least two; received: {tmp_path} with {classes}$"):
        list(find_photos(str(tmp_path)))


def test_a_folder_of_two_classes_is_accepted(tmp_path: Path) -> None:
    touch(tmp_path / "cat/1.png", tmp_path / "dog/1.png")
    assert len(list(find_photos(str(tmp_path)))) == 2


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere with 0$"):
        list(find_photos(str(tmp_path / "nowhere")))


@pytest.mark.parametrize(
    ("stem", "source"),
    [
        ("afhq_00017", "afhq"),
        ("street-fashion-12", "street-fashion"),
        ("two_words_3", "two_words"),
        ("cat_1_2", "cat_1"),
        ("cat", ""),
        ("cat7", ""),
        ("_7", ""),
        ("0017", ""),
        ("cat_", ""),
        ("", ""),
    ],
)
def test_the_source_is_what_stands_before_a_files_number(stem: str, source: str) -> None:
    assert source_of(stem) == source
