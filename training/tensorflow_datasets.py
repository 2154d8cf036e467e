"""Photos of a TensorFlow Datasets name: prepared once on disk, then read with numpy, without TensorFlow."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from training.photos import Photo

FORMAT = "array_record"  # the format that is read record by record, in any order, without TensorFlow
NAME = re.compile(r"(?P<dataset>[^:]+(:\d[\d.]*)?)(:(?P<label>[A-Za-z_]\w*))?")


def find_dataset_photos(name: str) -> Iterator[Photo]:
    """All photos of a dataset, split after split: we split by content ourselves.

    The first call downloads and prepares the dataset in `TFDS_DATA_DIR` (or `~/tensorflow_datasets`). That step runs
    the dataset's own recipe, which for cats_vs_dogs, oxford_iiit_pet and cifar10 needs TensorFlow; once prepared, the
    folder can be copied to, and read on, a machine without it.

    Args:
        name: as in the catalogue of TensorFlow Datasets, such as `cats_vs_dogs` or `cifar10:3.0.2`; behind a colon
            the feature to take as the label may follow, such as `oxford_iiit_pet:species` (Cat or Dog, where its
            `label` is the breed). Without one it is `label`.

    Raises:
        ValueError: if there is no such dataset, if it has no image with such a label, or if it was prepared in a
            format that cannot be read without TensorFlow.
    """
    parts = NAME.fullmatch(name)
    if not parts:
        raise ValueError(f"Expected a name like cats_vs_dogs or oxford_iiit_pet:species; received: {name!r}")
    dataset, label = parts["dataset"], parts["label"] or "label"
    builder = builder_of(dataset)
    check_features(dataset, label, builder.info.features)
    builder.download_and_prepare(file_format=FORMAT)
    encoded = {  # left as they are in their files; of the others, labels become numbers
        key: tfds.decode.SkipDecoding()
        for key, feature in builder.info.features.items()
        if isinstance(feature, tfds.features.Image)
    }
    names = builder.info.features[label]
    for split in builder.info.splits:
        try:
            records = builder.as_data_source(split=split, decoders=encoded)
        except NotImplementedError as error:
            raise ValueError(
                f"Expected {dataset} as {FORMAT} files; received: {builder.info.file_format.value} in "
                f"{builder.data_path}. Delete that folder, or set TFDS_DATA_DIR to another"
            ) from error
        for number, record in enumerate(records):
            if record[label] >= 0:  # -1 says that the label is withheld
                yield Photo(
                    name=f"{dataset}/{split}/{number}",
                    label=names.int2str(record[label]),
                    source=dataset,
                    read=partial(image_bytes, records, number),
                )


def builder_of(dataset: str) -> tfds.core.DatasetBuilder:
    try:
        return tfds.builder(dataset)
    except (ValueError, AssertionError) as error:  # of a name that is not known, and of a version that is not
        raise ValueError(
            f"Expected a dataset of https://www.tensorflow.org/datasets/catalog; received: {dataset!r}"
        ) from error


def check_features(dataset: str, label: str, features: tfds.features.FeatureConnector) -> None:
    """Refuses, before anything is downloaded, a dataset that holds no photos with one label each."""
    kinds = dict(features.items()) if isinstance(features, tfds.features.FeaturesDict) else {}
    photos = isinstance(kinds.get("image"), tfds.features.Image) and kinds["image"].np_dtype == np.uint8
    if not photos or not isinstance(kinds.get(label), tfds.features.ClassLabel):
        received = ", ".join(f"{key}: {type(kind).__name__}" for key, kind in kinds.items())
        raise ValueError(
            f"Expected {dataset} to have the features image (Image of 8 bits) and {label} (ClassLabel); "
            f"received: {received or type(features).__name__}"
        )


def image_bytes(records: Sequence[dict[str, Any]], number: int) -> bytes:
    """The image of a record, as the file it was."""
    image: bytes = records[number]["image"]
    return image
