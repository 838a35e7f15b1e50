"""The notes' example, to the letter, with konv's names in place of the Keras imports."""

from __future__ import annotations

import numpy as np

import konv as keras
from konv.layers import Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from konv.models import Sequential


# fmt: off
def script(x_train: np.ndarray, num_classes: int) -> Sequential:
    model = Sequential()
    model.add(Conv2D(32, (3, 3), padding='same',
                     input_shape=x_train.shape[1:]))
    model.add(Activation('relu'))
    model.add(Conv2D(32, (3, 3)))
    model.add(Activation('relu'))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))

    model.add(Conv2D(64, (3, 3), padding='same'))
    model.add(Activation('relu'))
    model.add(Conv2D(64, (3, 3)))
    model.add(Activation('relu'))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))

    model.add(Flatten())
    model.add(Dense(512))
    model.add(Activation('relu'))
    model.add(Dropout(0.5))
    model.add(Dense(num_classes))
    model.add(Activation('softmax'))

    # initiate RMSprop optimizer
    opt = keras.optimizers.rmsprop(lr=0.0001, decay=1e-6)

    # Let's train the model using RMSprop
    model.compile(loss='categorical_crossentropy',
                  optimizer=opt,
                  metrics=['accuracy'])
    return model


# fmt: on
def easy(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of four classes told apart by the quarter that is bright."""
    generator = np.random.default_rng(2)
    labels = np.arange(count) % 4
    images = generator.uniform(0, 0.3, (count, 16, 16, 3)).astype("float32")
    for image, label in zip(images, labels, strict=True):
        row, column = 8 * (label // 2), 8 * (label % 2)
        image[row : row + 8, column : column + 8] += 0.7
    return images, keras.utils.to_categorical(labels, 4)


def test_the_script_learns(engine):
    keras.utils.set_random_seed(1)
    x, y = easy(160)
    model = script(x, 4)
    assert model.optimizer.keras2
    model.optimizer.lr = 0.001
    history = model.fit(x, y, batch_size=32, epochs=4, validation_split=0.2, shuffle=True, verbose=0)
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history.history["val_acc"] == history.history["val_accuracy"]
    assert history.history["val_acc"][-1] > 0.9
    assert history.epoch == [0, 1, 2, 3]
    loss, accuracy = model.evaluate(x[128:], y[128:], verbose=0)
    assert abs(loss - history.history["val_loss"][-1]) < 1e-6
    assert accuracy == history.history["val_accuracy"][-1]


def test_the_zoo_has_the_same_network():
    model = keras.zoo.build("notes")
    assert model.count_params() == 1_250_858
    written = script(np.zeros((1, 32, 32, 3)), 10)
    assert [type(layer) for layer in model.layers] == [type(layer) for layer in written.layers]
    strip = ("name",)
    configs = [
        [{k: v for k, v in layer.get_config().items() if k not in strip} for layer in m.layers]
        for m in (model, written)
    ]
    assert configs[0] == configs[1]
    assert keras.zoo.build("notes", (28, 28, 1), 7).output_shape == (None, 7)
