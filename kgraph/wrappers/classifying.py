"""What the classifiers share."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin

from kgraph.wrappers.estimator import ModelEstimator
from kgraph.wrappers.targets import Labels, LabelSets, class_target


class Classifying(ClassifierMixin, ModelEstimator):
    """An estimator whose targets are classes.

    Attributes:
        classes_: the labels, sorted; the numbers of the columns for multi-label targets.
        n_classes_: how many there are.
    """

    _numeric_targets: ClassVar[bool] = False
    _target: Labels | LabelSets

    def _make_target(self, y: Any, weights: np.ndarray | None, classes: Any) -> Labels | LabelSets:
        target = class_target(y, weights, classes)
        self.classes_ = target.classes
        self.n_classes_ = len(target.classes)
        return target
