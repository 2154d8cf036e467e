"""What stands above a picture: what it is of, of which kind, and in one line what is drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pictures.colours import INK, MUTED
from app.pictures.layout import MARGIN
from app.pictures.lettering import TEXT_PX, TITLE_PX, shortened, text_width
from app.pictures.letters import write

TITLE_BASELINE = 48
WORDS_BASELINE = 70
BESIDE = 12  # pixels from the title to the kind
MOST_LETTERS = 32  # of either


@dataclass(frozen=True)
class Heading:
    """A title, the kind beside it, and a line of words below."""

    title: str
    kind: str
    words: str

    @property
    def width(self) -> int:
        """Of the words, in pixels."""
        return text_width(self.words, TEXT_PX)

    def draw(self, picture: NDArray[np.uint8]) -> None:
        """Writes into the HEADER of a picture of palette indices."""
        title = shortened(self.title, MOST_LETTERS)
        write(picture, (MARGIN, TITLE_BASELINE), title, TITLE_PX, INK)
        beside = MARGIN + text_width(title, TITLE_PX) + BESIDE
        write(picture, (beside, TITLE_BASELINE), shortened(self.kind, MOST_LETTERS), TEXT_PX, MUTED)
        write(picture, (MARGIN, WORDS_BASELINE), self.words, TEXT_PX, MUTED)
