"""How far each method can be trusted on this network: its record over some photos.

A map that looks right proves nothing. So each method is asked about the same photos again, of a network with weights by
chance and for another label, where its map has to change; what it holds important is taken away and given back, beside
orders that know nothing of the network: `random`, the photo's `edges`, its `centre`; and it has to find the photo in
question in a mosaic of four.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.explanations.deletion import Areas, areas
from model.explanations.explanation import Explanation
from model.explanations.focus import Mosaic, focus, mosaic
from model.explanations.judged import JUDGED, Judged
from model.explanations.orders import Numbers, by_cell, by_pixel, centre, edges, ranked
from model.explanations.randomised import randomised
from model.explanations.sensitivity import batches, logits
from model.explanations.similarity import rank_correlation
from model.manifest import IMAGES, LayerRecord
from model.tail import Tails

Weights = Mapping[str, Mapping[str, NDArray[np.float32]]]
Figures = dict[str, list[float]]
RANDOM_NETWORKS = 4  # in turn, for one alone may by chance be like the trained one


def certify(
    records: Sequence[LayerRecord],
    weights: Weights,
    photos: NDArray[np.uint8],
    methods: Mapping[str, Judged] = JUDGED,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Each method's record, by its name.

    Args:
        records: of the network's layers.
        weights: `kernel` and `bias` of each layer that has any, by the layer's name.
        photos: [n, height, width, 3], two at least; each is explained for its most probable label.
        methods: by name.
        seed: of the random weights, labels and orders.

    Returns:
        Means over the photos:
            randomised_similarity: rank correlation of the map with that of a network with weights by chance.
            other_label_similarity: with that of another label, drawn by chance.
            randomised_similarity_of_sizes, other_label_similarity_of_sizes: the same without the values' signs.
            deletion, insertion: as in `deletion.Areas`; random_deletion, and so on, of the other orders.
            better_than_random: by how much more insertion less deletion is; better_than_random_error: its standard
                error; the same for edges and centre.
            focus: the share of the map on the photo in question, in a mosaic; focus_error: its standard error.
                Neither is there if all photos have the same most probable label.
            completeness_error: its mean size, in logits, if the method has one.
        And `photos`, how many there were.

    Raises:
        ValueError: if there are less than two photos.
    """
    if len(photos) < 2:
        raise ValueError(f"Expected at least two photos; received: {len(photos)}")
    trained = Tails(records, weights)
    chance = [Tails(records, randomised(records, weights, seed + number)) for number in range(RANDOM_NETWORKS)]
    answers = logits(trained.tail(IMAGES), batches(photos))
    labels = answers.argmax(axis=1)
    found: dict[str, Figures] = {name: defaultdict(list) for name in methods}
    for number, (photo, label) in enumerate(zip(photos, labels.tolist(), strict=True)):
        random = np.random.default_rng((seed, number))
        other = int((label + random.integers(1, answers.shape[1])) % answers.shape[1])
        about = mosaic(photos, labels, number, random)
        trial = Trial(trained, photo, label, random)
        for name, method in methods.items():
            explained = method.explain(trained, photo, label)
            compare(found[name], "randomised", explained, method.explain(chance[number % len(chance)], photo, label))
            compare(found[name], "other_label", explained, method.explain(trained, photo, other))
            trial.judge(found[name], explained, method)
            if about:
                found[name]["focus"].append(focused(method, trained, about, label))
            if isinstance(error := explained.facts.get("completeness_error"), float):
                found[name]["completeness_error"].append(abs(error))
    return {name: summary(figures) | {"photos": len(photos)} for name, figures in found.items()}


def compare(figures: Figures, what: str, one: Explanation, other: Explanation) -> None:
    """Adds how alike two maps are."""
    figures[f"{what}_similarity"].append(rank_correlation(one.values, other.values))
    figures[f"{what}_similarity_of_sizes"].append(rank_correlation(np.abs(one.values), np.abs(other.values)))


def focused(method: Judged, tails: Tails, about: Mosaic, label: int) -> float:
    explained = method.explain(tails, about.picture, label)
    return focus(method.relevance(by_pixel(explained, *about.picture.shape[:2])), about)


class Trial:
    """Takes parts of one photo away in different orders."""

    def __init__(self, tails: Tails, photo: NDArray[np.uint8], label: int, random: np.random.Generator) -> None:
        self._tails, self._photo, self._label, self._random = tails, photo, label, random
        height, width = photo.shape[:2]
        sharp, near = by_cell(edges(photo)), by_cell(centre(height, width))
        self._others = {
            "random": self._areas(np.zeros_like(near)),
            "edges": self._areas(sharp),
            "centre": self._areas(near),
        }

    def judge(self, figures: Figures, explanation: Explanation, method: Judged) -> None:
        """Adds how a map's order does, and the others beside it."""
        height, width = self._photo.shape[:2]
        cells = by_cell(method.relevance(by_pixel(explanation, height, width)))
        own = self._areas(cells)
        figures["deletion"].append(own.deletion)
        figures["insertion"].append(own.insertion)
        for name, other in self._others.items():
            figures[f"{name}_deletion"].append(other.deletion)
            figures[f"{name}_insertion"].append(other.insertion)
            better = (own.insertion - own.deletion) - (other.insertion - other.deletion)
            figures[f"better_than_{name}"].append(better)

    def _areas(self, cells: Numbers) -> Areas:
        return areas(self._probability, self._photo, ranked(cells, self._random))

    def _probability(self, photos: NDArray[np.float32]) -> Numbers:
        """Of the label, [n]."""
        temperature = self._tails.records[-1].temperature or 1
        scaled = logits(self._tails.tail(IMAGES), batches(photos)).astype(np.float64) / temperature
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(powers[:, self._label] / powers.sum(axis=1))


def summary(figures: Figures) -> dict[str, float]:
    """The means, and the standard errors of those that have to be better than chance."""
    errors = {
        f"{name}_error": float(np.std(values, ddof=1) / np.sqrt(len(values)))
        for name, values in figures.items()
        if name.startswith(("better_than_", "focus"))
    }
    return {name: float(np.mean(values)) for name, values in figures.items()} | errors
