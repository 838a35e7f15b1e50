"""Saving in all ways of its time: HDF5, JSON, weights by name, a custom function. Style: functional; Keras 2.2 (2018)."""
import numpy as np
from keras import backend as K
from keras.datasets import mnist
from keras.layers import BatchNormalization, Conv2D, Dense, Flatten, Input, Lambda, MaxPooling2D
from keras.models import Model, load_model, model_from_json
from keras.utils import to_categorical

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1).astype(K.floatx()) / 255.
x_test = x_test.reshape(-1, 28, 28, 1).astype(K.floatx()) / 255.
y_train = to_categorical(y_train, 10)

inp = Input(shape=(28, 28, 1))
x = Conv2D(6, (5, 5), activation='tanh', name='block1_conv')(inp)
x = MaxPooling2D((2, 2), name='block1_pool')(x)
x = BatchNormalization(name='block1_norm')(x)
x = Flatten()(x)
out = Dense(10, activation='softmax', name='predictions')(x)
model = Model(inp, out)
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(x_train, y_train, batch_size=32, epochs=1, verbose=2)
expected = model.predict(x_test)

# Architecture as JSON, weights as HDF5
with open('model.json', 'w') as json_file:
    json_file.write(model.to_json())
model.save_weights('model.h5')
loaded = model_from_json(open('model.json').read())
loaded.load_weights('model.h5')
assert np.allclose(loaded.predict(x_test), expected, atol=1e-6)

# The whole model
model.save('whole_model.h5')
del loaded
again = load_model('whole_model.h5')
assert np.allclose(again.predict(x_test), expected, atol=1e-6)
again.fit(x_train, y_train, batch_size=32, epochs=1, verbose=0)

# Weights by name into another network
inp2 = Input(shape=(28, 28, 1))
y = Conv2D(6, (5, 5), activation='tanh', name='block1_conv')(inp2)
y = Lambda(lambda t: K.mean(t, axis=[1, 2]))(y)
other = Model(inp2, Dense(3, name='new_predictions')(y))
other.load_weights('model.h5', by_name=True)
for a, b in zip(other.get_layer('block1_conv').get_weights(), model.get_layer('block1_conv').get_weights()):
    assert np.array_equal(a, b)
K.clear_session()

# What a layer sees
layer_output = K.function([model.layers[0].input], [model.get_layer('block1_pool').output])([x_test[:4]])[0]
print('Saved and loaded; the first layer gives', layer_output.shape, K.int_shape(model.output))
