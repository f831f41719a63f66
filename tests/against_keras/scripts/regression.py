"""A sequential model, trained, evaluated, and asked."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(1)
x = rng.normal(size=(200, 5)).astype("float32")
y = (x[:, :1] * 2 - x[:, 1:2] ** 2).astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=(5,)),
        layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3)),
        layers.Dense(16, activation="relu"),
        layers.Dense(1),
    ]
)
model.set_weights([rng.normal(0, 0.4, weight.shape).astype("float32") for weight in model.get_weights()])
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mean_squared_error", metrics=["mae"])
history = model.fit(x, y, batch_size=32, epochs=5, validation_split=0.2, shuffle=False, verbose=0)
results = [
    *history.history["loss"],
    *history.history["val_mae"],
    *model.evaluate(x, y, verbose=0),
    model.predict(x[:20], verbose=0),
]
