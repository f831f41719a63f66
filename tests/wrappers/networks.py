"""Small networks for the tests of wrappers. Other processes import them, so that they stand in a module."""

from __future__ import annotations

import kgraph as keras


def classifier(meta, hidden=8, activation="relu", dropout=0.0):
    """For any kind of classes: outputs as `meta` says, not compiled."""
    last = "softmax" if meta["target_type_"] == "multiclass" else "sigmoid"
    return stack(meta["X_shape_"][1:], meta["n_outputs_expected_"], last, hidden, activation, dropout)


def regressor(meta, hidden=8):
    """For any number of targets, not compiled."""
    return stack(meta["X_shape_"][1:], meta["n_outputs_expected_"], None, hidden)


def compiled(X, y, loss="categorical_crossentropy", last="softmax", hidden=8, seed=None, weighting="keras2"):
    """For targets as the model is to give them, as Keras's wrappers show them to the function."""
    if seed is not None:
        keras.utils.set_random_seed(seed)
    model = stack(X.shape[1:], y.shape[1], last, hidden)
    model.compile(keras.optimizers.Adam(0.05), loss, weighting=weighting)
    return model


def stack(shape, units, last=None, hidden=8, activation="relu", dropout=0.0):
    """One hidden layer, with dropout where it is above 0."""
    drops = [keras.layers.Dropout(dropout)] if dropout else []
    flat = [keras.layers.Flatten()] if len(shape) > 1 else []
    dense = keras.layers.Dense(hidden, activation=activation)
    return keras.Sequential([keras.Input(shape), *flat, dense, *drops, keras.layers.Dense(units, activation=last)])
