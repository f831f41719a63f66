"""Where losses, activations and initializers differ from those of Keras 3 on purpose, and why."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, keras, kgraph

from kgraph.runtime import NodeError

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(51)
PROBABILITIES = RNG.uniform(0.1, 0.9, (4, 3)).astype("float32")


def test_sparsemax_gives_probabilities():
    """On JAX, Keras adds up running sums where it means the last of them."""
    x = np.float32([[1.0, 1.0, 0.0]])
    np.testing.assert_allclose(kgraph.activations.sparsemax(x), [[0.5, 0.5, 0.0]])
    assert float(np.sum(keras.activations.sparsemax(x))) == 0.0


def test_labels_that_no_alignment_spells_are_refused():
    """Keras gives such a sequence a loss of about 100000, which hides all others in the mean."""
    labels, logits = np.array([[1, 2, 3, 0], [1, 1, 1, 1], [1, 0, 0, 0]]), np.zeros((3, 5, 4), "float32")
    assert float(keras.losses.ctc(labels, logits)[1]) > 9e4
    with pytest.raises(NodeError, match="5 at position 1 is .* fewer steps than the labels need"):
        kgraph.losses.ctc(labels, logits)


def test_a_label_outside_the_classes_is_refused_by_every_loss_of_labels():
    """Keras takes the probability of such a class for 0."""
    labels = np.array([0, 3, 1, 2])
    assert float(keras.losses.categorical_generalized_cross_entropy(labels, PROBABILITIES, 0.5)[1]) == 2.0
    with pytest.raises(NodeError, match="label 3"):
        kgraph.losses.categorical_generalized_cross_entropy(labels, PROBABILITIES, 0.5)


def test_a_column_of_labels_is_as_good_as_a_vector():
    """Keras compares each label of a column with the predictions of all samples."""
    labels = np.array([[0], [2], [1], [2]])
    ours, theirs = (side.losses.CategoricalGeneralizedCrossEntropy(reduction=None) for side in (kgraph, keras))
    assert_same(ours(labels, PROBABILITIES), theirs(labels[:, 0], PROBABILITIES))
    assert theirs(labels, PROBABILITIES).shape == (4, 4)


@pytest.mark.parametrize(("name", "options"), [("Huber", {"delta": 0.3}), ("CosineSimilarity", {"axis": 0})])
def test_the_config_of_a_loss_has_all_its_options(name, options):
    """Keras forgets these: a loss that was saved and loaded is another one."""
    ours, theirs = (getattr(side.losses, name)(**options).get_config() for side in (kgraph, keras))
    assert {key: ours.get(key) for key in options} == options
    assert {key: theirs.get(key) for key in options} == dict.fromkeys(options)


def test_the_config_of_an_identity_has_its_gain():
    """Keras forgets it."""
    ours, theirs = (side.initializers.Identity(0.5).get_config() for side in (kgraph, keras))
    assert (ours, theirs) == ({"gain": 0.5}, {})
