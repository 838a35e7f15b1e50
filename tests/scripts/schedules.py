"""Learning rates that fall. Style: a scheduler callback, then a schedule object; Keras 2.3 (2019)."""
import math

import keras
import numpy as np
from keras.callbacks import LambdaCallback, LearningRateScheduler, TerminateOnNaN
from keras.datasets import mnist
from keras.layers import Conv2D, Dense, GlobalAveragePooling2D, LeakyReLU
from keras.models import Sequential


def step_decay(epoch):
    initial_lrate = 0.1
    drop = 0.5
    epochs_drop = 2.0
    return initial_lrate * math.pow(drop, math.floor((1 + epoch) / epochs_drop))


def build():
    model = Sequential()
    model.add(Conv2D(8, 5, strides=2, input_shape=(28, 28, 1)))
    model.add(LeakyReLU(alpha=0.1))
    model.add(Conv2D(16, 3, strides=2, activation='relu'))
    model.add(GlobalAveragePooling2D())
    model.add(Dense(10, activation='softmax'))
    return model


(x_train, y_train), _ = mnist.load_data()
x_train = x_train[:, :, :, None] / 255.0
rates = []
model = build()
model.compile(loss='sparse_categorical_crossentropy', optimizer=keras.optimizers.SGD(momentum=0.9), metrics=['acc'])
watch = LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(float(np.array(model.optimizer.learning_rate))))
model.fit(x_train, y_train, epochs=4, batch_size=32, verbose=2,
          callbacks=[LearningRateScheduler(step_decay, verbose=1), watch, TerminateOnNaN()])
print(rates)
assert np.allclose(rates, [0.1, 0.05, 0.05, 0.025])

schedule = keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=10, decay_rate=0.9, staircase=True)
model = build()
model.compile(loss='sparse_categorical_crossentropy', optimizer=keras.optimizers.SGD(learning_rate=schedule))
history = model.fit(x_train, y_train, epochs=2, batch_size=32, verbose=0)
print(history.history['loss'])
