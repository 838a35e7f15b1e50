"""A training loop by hand, batch by batch, with a progress bar. Style: train_on_batch and test_on_batch; Keras 2.3 (2019)."""
import numpy as np
from keras import backend as K
from keras.datasets import mnist
from keras.layers import Activation, AveragePooling2D, BatchNormalization, Conv2D, Dense, Flatten
from keras.models import Sequential
from keras.optimizers import SGD
from keras.utils import Progbar, normalize, to_categorical

np.random.seed(3)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = normalize(x_train, axis=1).reshape(-1, 28, 28, 1)
x_test = normalize(x_test, axis=1).reshape(-1, 28, 28, 1)
y_train, y_test = to_categorical(y_train, num_classes=10), to_categorical(y_test, num_classes=10)

model = Sequential()
model.add(Conv2D(6, (5, 5), padding='same', use_bias=False, input_shape=(28, 28, 1)))
model.add(BatchNormalization())
model.add(Activation('relu'))
model.add(AveragePooling2D())
model.add(Conv2D(12, (5, 5)))
model.add(Activation('relu'))
model.add(AveragePooling2D())
model.add(Flatten())
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer=SGD(lr=0.05, momentum=0.9), metrics=['accuracy'])

batch_size, steps = 32, len(x_train) // 32
for epoch in range(2):
    print('Epoch', epoch + 1)
    bar = Progbar(steps)
    order = np.random.permutation(len(x_train))
    for step in range(steps):
        rows = order[step * batch_size:(step + 1) * batch_size]
        values = model.train_on_batch(x_train[rows], y_train[rows])
        bar.update(step + 1, list(zip(model.metrics_names, values)))
    model.optimizer.lr = model.optimizer.lr * 0.5
loss, accuracy = model.test_on_batch(x_test, y_test)
predicted = model.predict_on_batch(x_test[:5])
print('Test:', loss, accuracy, np.argmax(predicted, axis=-1), 'learning rate', K.get_value(model.optimizer.lr))
