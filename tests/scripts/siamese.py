"""Which pairs show the same digit? Style: a shared network, a distance in a Lambda, a loss of one's own; Keras 2.0 (2017)."""
from __future__ import absolute_import, print_function

import random

import numpy as np
from keras import backend as K
from keras.datasets import mnist
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, Lambda, MaxPooling2D
from keras.models import Model, Sequential
from keras.optimizers import RMSprop
from keras.regularizers import l2

num_classes = 10
epochs = 2


def euclidean_distance(vects):
    x, y = vects
    return K.sqrt(K.maximum(K.sum(K.square(x - y), axis=1, keepdims=True), K.epsilon()))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def contrastive_loss(y_true, y_pred):
    '''Contrastive loss from Hadsell-et-al.'06'''
    margin = 1
    return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(margin - y_pred, 0)))


def accuracy(y_true, y_pred):
    '''Compute classification accuracy with a fixed threshold on distances.'''
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, K.dtype(y_true))))


def create_pairs(x, digit_indices):
    pairs = []
    labels = []
    n = min([len(digit_indices[d]) for d in range(num_classes)]) - 1
    for d in range(num_classes):
        for i in range(n):
            z1, z2 = digit_indices[d][i], digit_indices[d][i + 1]
            pairs += [[x[z1], x[z2]]]
            inc = random.randrange(1, num_classes)
            dn = (d + inc) % num_classes
            z1, z2 = digit_indices[d][i], digit_indices[dn][i]
            pairs += [[x[z1], x[z2]]]
            labels += [1, 0]
    return np.array(pairs), np.array(labels)


def create_base_network(input_shape):
    seq = Sequential()
    seq.add(Conv2D(6, (3, 3), activation='relu', input_shape=input_shape, kernel_regularizer=l2(2e-4)))
    seq.add(MaxPooling2D())
    seq.add(Dropout(0.1))
    seq.add(Flatten())
    seq.add(Dense(16, activation='sigmoid', kernel_regularizer=l2(1e-3)))
    return seq


(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.astype('float32')[..., np.newaxis] / 255
x_test = x_test.astype('float32')[..., np.newaxis] / 255
input_shape = x_train.shape[1:]
tr_pairs, tr_y = create_pairs(x_train, [np.where(y_train == i)[0] for i in range(num_classes)])
te_pairs, te_y = create_pairs(x_test, [np.where(y_test == i)[0] for i in range(num_classes)])

base_network = create_base_network(input_shape)
input_a = Input(shape=input_shape)
input_b = Input(shape=input_shape)
processed_a = base_network(input_a)
processed_b = base_network(input_b)
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([processed_a, processed_b])
model = Model([input_a, input_b], distance)

model.compile(loss=contrastive_loss, optimizer=RMSprop(), metrics=[accuracy])
model.fit([tr_pairs[:, 0], tr_pairs[:, 1]], tr_y.astype('float32').reshape(-1, 1), batch_size=32, epochs=epochs,
          validation_data=([te_pairs[:, 0], te_pairs[:, 1]], te_y.astype('float32').reshape(-1, 1)))
y_pred = model.predict([te_pairs[:, 0], te_pairs[:, 1]])
print('* Accuracy on test set: %0.2f%%' % (100 * np.mean((y_pred.ravel() < 0.5) == te_y)))
