"""What the programs in ``examples/`` claim, in numbers that they print after a colon."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

EXAMPLES: Final = Path(__file__).resolve().parents[1] / "examples"


class Claim(NamedTuple):
    """That a number, printed after ``what``, lies between two others.

    Attributes:
        what: the text before the colon.
        low, high: where the number lies, on kgraph and on Keras alike.
        tolerance: how far apart those two may be: they start from other weights.
    """

    what: str
    low: float
    high: float
    tolerance: float


#: Beside each claim stands what a model that has learned nothing would print.
CLAIMS: Final[Mapping[str, Claim]] = {
    "autoencoder": Claim("squared error of images drawn again", 0.0, 0.02, 0.005),  # 0.073
    "custom_metric": Claim("by this metric", 0.8, 1.0, 0.1),  # 0
    "imbalanced": Claim("recall with class weights", 0.6, 0.95, 0.15),  # 0, and about 0.4 without class weights
    "learning_rate_finder": Claim("accuracy after ten epochs", 0.93, 1.0, 0.05),  # 0.1
    "multi_task": Claim("accuracy of the digits", 0.9, 1.0, 0.05),  # 0.1
    "siamese": Claim("pairs told apart rightly", 0.9, 1.0, 0.05),  # 0.5
    "tabular_embeddings": Claim("mean error for patients it never saw", 38.0, 48.0, 4.0),  # 58.3
    "transfer": Claim("accuracy on the new digits, from 25 images", 0.6, 0.95, 0.15),  # 0.2
    "vae": Claim("loss on images it never saw", 0.3, 0.4, 0.02),  # 0.425
    "wide_and_deep": Claim("accuracy on tumours it never saw", 0.92, 1.0, 0.05),  # 0.63
}


def numbers(printed: str) -> dict[str, float]:
    """The numbers at the ends of lines, by what stands before their colon."""
    return {what: float(number) for what, number in re.findall(r"^(.*): ([-+.\de]+)$", printed, re.MULTILINE)}


def claimed_number(name: str, printed: str) -> float:
    """The number of an example's claim, once it is seen to hold."""
    claim = CLAIMS[name]
    number = numbers(printed)[claim.what]
    assert claim.low <= number <= claim.high, f"{name}: {claim.what}: {number}"
    return number
