"""Class and brightness from one image. Style: functional with two heads, dictionaries by name; tf.keras 2.2 (2020)."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import Model, layers

(x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
x_train, x_test = x_train[..., tf.newaxis] / 255.0, x_test[..., tf.newaxis] / 255.0
light_train, light_test = x_train.mean(axis=(1, 2, 3)), x_test.mean(axis=(1, 2, 3))

inputs = keras.Input(shape=(28, 28, 1), name="image")
x = layers.Conv2D(8, 3, activation="relu")(inputs)
x = layers.MaxPooling2D(2)(x)
x = layers.SeparableConv2D(16, 3, activation="relu")(x)
features = layers.GlobalAveragePooling2D()(x)
kind = layers.Dense(10, activation="softmax", name="kind")(features)
light = layers.Dense(1, activation="sigmoid", name="light")(features)
model = Model(inputs=inputs, outputs=[kind, light])
model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss={"kind": "sparse_categorical_crossentropy", "light": "mse"},
    loss_weights={"kind": 1.0, "light": 0.2},
    metrics={"kind": ["accuracy"], "light": ["mae"]},
)
history = model.fit(
    x_train, {"kind": y_train, "light": light_train}, batch_size=32, epochs=2,
    validation_data=(x_test, {"kind": y_test, "light": light_test}),
)
print({name: [round(float(v), 4) for v in values] for name, values in history.history.items()})
kinds, lights = model.predict(x_test)
print(kinds.shape, lights.shape, np.abs(lights[:, 0] - light_test).mean())
