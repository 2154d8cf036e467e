"""In which order the parts of a photo are taken away: as a map says, and as those who know nothing of the network say.

A photo's parts are the cells of a coarse grid, the same one for every order (Samek et al. 2015, arXiv 1509.06321):
single pixels taken out of their surroundings are an answer's end whatever they show.
"""

import numpy as np
from numpy.typing import NDArray

from model.explanations.explanation import Explanation

CELLS = 16  # along each side, if the photo has so many pixels
Numbers = NDArray[np.float64]


def by_pixel(explanation: Explanation, height: int, width: int) -> Numbers:
    """A map's number for each pixel, [height, width]: that of its cell, or the mean of the windows that cover it."""
    values = explanation.values.astype(np.float64)
    tops, lefts = explanation.facts.get("tops"), explanation.facts.get("lefts")
    if isinstance(tops, list) and isinstance(lefts, list):
        rows = covering(tops, explanation.grid.height, height)
        columns = covering(lefts, explanation.grid.width, width)
        return np.asarray((rows.T @ values @ columns) / np.outer(rows.sum(axis=0), columns.sum(axis=0)))
    grid = explanation.grid
    row = np.floor((np.arange(height) + 0.5 - grid.top) / grid.down).clip(0, len(values) - 1).astype(int)
    column = np.floor((np.arange(width) + 0.5 - grid.left) / grid.across).clip(0, values.shape[1] - 1).astype(int)
    return np.asarray(values[np.ix_(row, column)])


def covering(firsts: list[int], window: float, side: int) -> Numbers:
    """Which window covers which pixel of a side, [windows, pixels], 1 or 0."""
    pixel, first = np.arange(side), np.array(firsts)[:, None]
    return ((pixel >= first) & (pixel < first + window)).astype(np.float64)


def by_cell(pixels: Numbers) -> Numbers:
    """The mean of each part's pixels, [rows, columns]."""
    rows, columns = (share(side) for side in pixels.shape)
    return np.asarray(rows.T @ pixels @ columns)


def share(side: int) -> Numbers:
    """Which share of which part is each pixel of a side, [pixels, parts]."""
    part = parts(side)
    belongs = part[:, None] == np.arange(part[-1] + 1)
    return np.asarray(belongs / belongs.sum(axis=0))


def parts(side: int) -> NDArray[np.int64]:
    """To which part each pixel of a side belongs, from 0."""
    return np.arange(side) * min(CELLS, side) // side


def ranked(cells: Numbers, random: np.random.Generator) -> NDArray[np.int64]:
    """The rank of each part, same shape: 0 for the largest number; equals come in any order."""
    chance = random.permutation(cells.size)
    order = chance[np.argsort(-cells.ravel()[chance], kind="stable")]
    ranks = np.empty(cells.size, np.int64)
    ranks[order] = np.arange(cells.size)
    return ranks.reshape(cells.shape)


def edges(photo: NDArray[np.uint8]) -> Numbers:
    """How sharp the photo's edges are, [height, width]: the length of Sobel's gradient of its brightness."""
    bright = np.pad(photo.astype(np.float64).mean(axis=2), 1, mode="edge")
    across, down = bright[:, 2:] - bright[:, :-2], bright[2:] - bright[:-2]
    sharp: Numbers = np.hypot(
        across[:-2] + 2 * across[1:-1] + across[2:], down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    )
    return sharp


def centre(height: int, width: int) -> Numbers:
    """How near to the centre each pixel is, [height, width]; it is there that photos show what they show."""
    rows, columns = ((np.arange(side) + 0.5) / side - 0.5 for side in (height, width))
    near: Numbers = -np.hypot(rows[:, None], columns)
    return near
