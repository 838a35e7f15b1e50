"""Towers of different kernels side by side. Style: functional with `merge(mode='concat')`; Keras 1.1 (2016)."""
from keras.datasets import cifar10
from keras.layers import AveragePooling2D, BatchNormalization, Convolution2D, Dense, Flatten, Input, MaxPooling2D, merge
from keras.models import Model
from keras.utils.np_utils import to_categorical
from keras.utils.visualize_util import plot


def conv2d_bn(x, nb_filter, nb_row, nb_col, border_mode='same', subsample=(1, 1)):
    x = Convolution2D(nb_filter, nb_row, nb_col, subsample=subsample, activation='relu', border_mode=border_mode,
                      bias=False)(x)
    return BatchNormalization(mode=0, axis=-1)(x)


(X_train, y_train), (X_test, y_test) = cifar10.load_data()
X_train = X_train.astype('float32') / 255.
X_test = X_test.astype('float32') / 255.
Y_train, Y_test = to_categorical(y_train, 10), to_categorical(y_test, 10)

img_input = Input(shape=(32, 32, 3))
x = conv2d_bn(img_input, 8, 3, 3, subsample=(2, 2), border_mode='valid')
for i in range(2):
    branch1x1 = conv2d_bn(x, 4, 1, 1)
    branch5x5 = conv2d_bn(x, 4, 1, 1)
    branch5x5 = conv2d_bn(branch5x5, 4, 5, 5)
    branch3x3 = conv2d_bn(x, 4, 1, 1)
    branch3x3 = conv2d_bn(branch3x3, 4, 3, 3)
    branch_pool = AveragePooling2D((3, 3), strides=(1, 1), border_mode='same')(x)
    branch_pool = conv2d_bn(branch_pool, 4, 1, 1)
    x = merge([branch1x1, branch5x5, branch3x3, branch_pool], mode='concat', concat_axis=3, name='mixed' + str(i))
shortcut = conv2d_bn(x, 16, 1, 1)
x = merge([x, shortcut], mode='sum')
x = MaxPooling2D((3, 3), strides=(2, 2))(x)
x = Flatten(name='flatten')(x)
predictions = Dense(10, activation='softmax', name='predictions')(x)
model = Model(input=img_input, output=predictions)
model.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(X_train, Y_train, batch_size=32, nb_epoch=1, verbose=2, validation_split=0.2)
print(dict(zip(model.metrics_names, model.evaluate(X_test, Y_test, verbose=0))))
plot(model, to_file='model.png', show_shapes=True)
