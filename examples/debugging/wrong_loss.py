"""A loss that is not the number worked out by hand: what it is divided by, and who chose that."""

import numpy as np

import kgraph as keras
from kgraph import layers

SENTENCES, WORDS, TAGS = 40, 6, 3


def make_data():
    """Sentences padded with 0 to six words; a weight of 0 for those that nobody has checked, most of the short ones."""
    rng = np.random.default_rng(0)
    lengths = np.where(np.arange(SENTENCES) % 2, WORDS, 2)
    words = np.where(np.arange(WORDS) < lengths[:, None], rng.integers(1, 50, (SENTENCES, WORDS)), 0)
    weights = np.where((lengths == 2) & (rng.random(SENTENCES) < 0.8), 0.0, 1.0)
    return words, words % TAGS, weights


def make_model(weighting):
    keras.utils.set_random_seed(0)
    words = keras.Input((WORDS,), dtype="int32", name="words")
    vectors = layers.Embedding(50, 8, mask_zero=True, name="embed")(words)
    model = keras.Model(words, layers.Dense(TAGS, activation="softmax", name="tag")(vectors), name="tagger")
    model.compile("adam", "sparse_categorical_crossentropy", weighting=weighting)
    return model


def loss_by_hand(model, words, tags, weights):
    """The mean of -log(probability of the right tag), over the words of the sentences that were checked."""
    probability = np.take_along_axis(model.predict(words, verbose=0), tags[..., None], axis=-1)[..., 0]
    counts = (words != 0) * weights[:, None]
    return np.sum(-np.log(probability) * counts) / np.sum(counts)


words, tags, weights = make_data()
model = make_model("keras2")
print(f"evaluate says {model.evaluate(words, tags, sample_weight=weights, batch_size=SENTENCES, verbose=0):.4f}")
print(f"by hand it is {loss_by_hand(model, words, tags, weights):.4f}")

print("\n-- explain_loss")
print(model.explain_loss(words, tags, weights))

print("\n-- the same in the graph")
model.graph.show("loss/tag/*")

print("\n-- each rule of weighting")
for weighting in ("keras2", "keras3", "weighted_mean"):
    explained = make_model(weighting).explain_loss(words, tags, weights)
    print(f"{weighting:13} {explained.value:.4f}  {explained.formula}")

print("\n-- what another rule changes")
print(keras.debug.diff(model, make_model("weighted_mean")))

fixed = make_model("weighted_mean")
agrees = np.isclose(fixed.explain_loss(words, tags, weights).value, loss_by_hand(fixed, words, tags, weights))
print(f"\nwith weighting='weighted_mean' the loss is the one by hand: {agrees}")
