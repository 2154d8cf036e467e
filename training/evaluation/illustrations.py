"""Every picture of an evaluation, drawn into a folder, with how to read it."""

from pathlib import Path

from training.evaluation.curves import draw_curves
from training.evaluation.evaluation import Evaluation
from training.evaluation.galleries import draw_border, draw_mistakes
from training.evaluation.page import Picture
from training.evaluation.pictures import draw_by_source, draw_confusion, draw_reliability, draw_roc


def illustrate(evaluation: Evaluation, log: Path, folder: Path) -> list[Picture]:
    """Draws an evaluation and its run's log.

    Args:
        evaluation: what to draw.
        log: the run's `log.csv`.
        folder: where the PNG files come.

    Returns:
        The pictures in the order in which they are best looked at.
    """
    measures, images, focus, out = evaluation.measures, evaluation.images, evaluation.focus, evaluation.left_out
    names = ("confusion", "roc", "reliability", "sources", "border", "mistakes", "left_out_mistakes", "curves")
    file = {name: folder / f"{name}.png" for name in names}
    draw_confusion(measures, file["confusion"])
    draw_roc(measures, evaluation.thresholds, file["roc"])
    draw_reliability(measures, file["reliability"])
    draw_by_source(evaluation.rows, out.rows if out else {}, focus, file["sources"])
    draw_border(images, measures, evaluation.label, evaluation.threshold, file["border"])
    draw_mistakes(images, measures, file["mistakes"])
    if out:
        draw_mistakes(out.images, out.measures, file["left_out_mistakes"])
    draw_curves(log, file["curves"])

    pictures = [
        Picture(
            "True class by answer", file["confusion"],
            "Confusion matrix: counts of test photos by true class, down, and answer, across.",
            "Each row is what became of the photos of one class; the answer is the class with the largest probability. "
            "The darker a square, the larger its share of the row: a good network is dark on the diagonal alone.",
        ),
        Picture(
            "Every threshold: ROC curves", file["roc"],
            f"ROC curves of {', '.join(measures.classes)}, each against the rest; the AUC is in the table of classes.",
            "Lowering the threshold finds more photos of a class (up) and calls more others by its name (right). The "
            "dot is the artifact's threshold. The nearer a curve comes to the upper left corner, enlarged beside it, "
            "the better; the dotted diagonal is guessing.",
        ),
        Picture(
            "Whether probabilities mean what they say", file["reliability"],
            f"Reliability diagram; the expected calibration error is {measures.calibration_error:.3f}.",
            "Of the photos whose answer has a probability of about 0.8, 0.8 should be answered rightly: bars that end "
            "below the diagonal are too sure, above it too timid. Bins with few photos, counted below, say little.",
        ),
        Picture(
            f"{focus} against the rest, by source", file["sources"],
            f"Bars of the balanced accuracy of {focus} by source; the tables by source have the same numbers.",
            "How well the class is told from the rest in each collection of photos. Hatched bars are sources that took "
            "no part in training: they say most about photos from elsewhere.",
        ),
        Picture(
            "The border", file["border"],
            f"Photos whose probability of {focus} is nearest the threshold, with what was said and what they are.",
            f"The photos the network is least sure of, in the order of their probability of {focus}; from "
            f"{evaluation.threshold:.3f} on it says {focus}. They show what it takes for typical.",
        ),
        Picture(
            "The worst mistakes", file["mistakes"],
            "Wrongly answered test photos with the answer and the true class, and the probabilities of both.",
            "The photos whose true class got the least probability, the worst first: wrong labels, odd photos, and "
            "what the network does not know.",
        ),
        Picture(
            "The worst mistakes on the sources left out", file["left_out_mistakes"],
            "Wrongly answered photos of the left-out sources with the answer and the true class.",
            "The same for the photos from elsewhere.",
        ),
        Picture(
            "The run", file["curves"],
            "Curves of loss and accuracy by epoch, on training crops and on validation photos.",
            "Training crops are changed at random, so that the validation photos, which are not, may do better. Curves "
            "that part, training falling and validation rising, are overfitting.",
        ),
    ]  # fmt: skip
    return [picture for picture in pictures if out or picture.file != file["left_out_mistakes"]]
