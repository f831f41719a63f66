"""Two inputs, two outputs, a shared layer, and a callback."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(2)
left, right = (rng.normal(size=(120, 4)).astype("float32") for _ in range(2))
is_larger = (left.sum(1) > right.sum(1)).astype("float32")[:, None]
distance = np.abs(left - right).sum(1, keepdims=True).astype("float32")

encoder = layers.Dense(8, activation="tanh", name="encoder")
a, b = keras.Input((4,), name="left"), keras.Input((4,), name="right")
codes = [encoder(a), encoder(b)]
merged = layers.Concatenate()([layers.Multiply()(codes), ops.abs(codes[0] - codes[1]), codes[0] - codes[1]])
larger = layers.Dense(1, activation="sigmoid", name="larger")(merged)
far = layers.Dense(1, activation="softplus", name="far")(merged)
model = keras.Model(inputs={"left": a, "right": b}, outputs={"larger": larger, "far": far})
model.set_weights([rng.normal(0, 0.5, weight.shape).astype("float32") for weight in model.get_weights()])
model.compile(
    optimizer=keras.optimizers.RMSprop(0.005),
    loss={"larger": "binary_crossentropy", "far": keras.losses.MeanAbsoluteError()},
    loss_weights={"larger": 1.0, "far": 0.2},
    metrics={"larger": ["accuracy", keras.metrics.AUC(name="auc")]},
)
seen = []
model.fit(
    {"left": left, "right": right},
    {"larger": is_larger, "far": distance},
    epochs=4,
    shuffle=False,
    verbose=0,
    callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["larger_auc"]))],
)
predicted = model.predict({"left": left[:10], "right": right[:10]}, verbose=0)
results = [*seen, predicted["larger"], predicted["far"]]
