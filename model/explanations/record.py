"""What a method's record must be for it to be offered."""

from collections.abc import Mapping

from model.explanations.focus import CHANCE

# Guided backpropagation, which is known to show the photo rather than what the network does with it (Adebayo et al.
# 2018, arXiv 1810.03292; Sixt et al. 2020, arXiv 1912.09818), has 0.31 and 0.97 on the shipped network.
MOST_LIKE_RANDOMISED = 0.25
MOST_LIKE_OTHER_LABEL = 0.5
ERRORS = 2  # standard errors by which it has to be better than chance


def objections(record: Mapping[str, float]) -> list[str]:
    """Why a method with this record should not be offered; nothing if it can be."""
    found = []
    if (like := record["randomised_similarity"]) > MOST_LIKE_RANDOMISED:
        found.append(f"its maps are like those of a network with weights by chance: {like:.2f}")
    if (like := record["other_label_similarity"]) > MOST_LIKE_OTHER_LABEL:
        found.append(f"its maps are alike for any label: {like:.2f}")
    better, error = record["better_than_random"], record["better_than_random_error"]
    if not better > ERRORS * error:
        found.append(f"its order is no better than one by chance: by {better:.2f}, give or take {error:.2f}")
    if "focus" not in record:
        found.append("it was not tried on a mosaic, for all photos have the same label")
    elif not (share := record["focus"]) > CHANCE + ERRORS * (error := record["focus_error"]):
        found.append(f"in a mosaic it does not find the photo in question: {share:.2f} on it, give or take {error:.2f}")
    return found


def offered(record: Mapping[str, float]) -> bool:
    """Whether a method with this record may be shown to people who want to know what the network does."""
    return not objections(record)
