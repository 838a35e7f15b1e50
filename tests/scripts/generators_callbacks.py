"""Batches from generators and Sequences, every callback of the day. Style: fit_generator; Keras 2.1 (2018)."""
import os

import numpy as np
from keras.callbacks import CSVLogger, Callback, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from keras.datasets import fashion_mnist
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential, load_model
from keras.utils import Sequence, to_categorical


class Batches(Sequence):
    def __init__(self, x, y, batch_size):
        self.x, self.y = x, y
        self.batch_size = batch_size

    def __len__(self):
        return int(np.ceil(len(self.x) / float(self.batch_size)))

    def __getitem__(self, idx):
        batch_x = self.x[idx * self.batch_size:(idx + 1) * self.batch_size]
        batch_y = self.y[idx * self.batch_size:(idx + 1) * self.batch_size]
        return batch_x / 255., batch_y


def generate(x, y, batch_size):
    while True:
        for start in range(0, len(x), batch_size):
            yield x[start:start + batch_size] / 255., y[start:start + batch_size]


class LossHistory(Callback):
    def on_train_begin(self, logs={}):
        self.losses = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))


(x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
x_train, x_test = np.expand_dims(x_train, -1).astype('float32'), np.expand_dims(x_test, -1).astype('float32')
y_train, y_test = to_categorical(y_train), to_categorical(y_test)

model = Sequential([
    Conv2D(8, (3, 3), activation='relu', input_shape=(28, 28, 1)),
    MaxPooling2D((2, 2)),
    Dropout(0.2),
    Flatten(),
    Dense(10, activation='softmax'),
])
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
batch_size = 32
history = LossHistory()
os.makedirs('checkpoints', exist_ok=True)
callbacks = [
    ModelCheckpoint('checkpoints/weights.{epoch:02d}-{val_loss:.2f}.hdf5', monitor='val_loss', verbose=1,
                    save_best_only=True, mode='min'),
    EarlyStopping(monitor='val_acc', patience=5, verbose=1),
    ReduceLROnPlateau(monitor='val_loss', factor=0.2, patience=2, min_lr=1e-5),
    CSVLogger('training.log'),
    history,
]
model.fit_generator(Batches(x_train, y_train, batch_size), epochs=2, verbose=1, callbacks=callbacks,
                    validation_data=Batches(x_test, y_test, batch_size), workers=2, use_multiprocessing=False)
model.fit_generator(generate(x_train, y_train, batch_size), steps_per_epoch=len(x_train) / batch_size, epochs=1,
                    validation_data=generate(x_test, y_test, batch_size), validation_steps=len(x_test) // batch_size,
                    max_queue_size=10)
print(model.evaluate_generator(Batches(x_test, y_test, batch_size), steps=2))
predictions = model.predict_generator(generate(x_test, y_test, batch_size), steps=2)
saved = sorted(os.listdir('checkpoints'))
best = load_model(os.path.join('checkpoints', saved[-1]))
print(predictions.shape, len(history.losses), saved, best.count_params(), open('training.log').readline().strip())
