"""A convolutional autoencoder that takes noise away. Style: functional, encoder and decoder shared; Keras 2.2 (2018)."""
import numpy as np
from keras.datasets import mnist
from keras.layers import Conv2D, Input, MaxPooling2D, UpSampling2D
from keras.models import Model

(x_train, _), (x_test, _) = mnist.load_data()
x_train = x_train.astype('float32') / 255.
x_test = x_test.astype('float32') / 255.
x_train = np.reshape(x_train, (len(x_train), 28, 28, 1))
x_test = np.reshape(x_test, (len(x_test), 28, 28, 1))
rng = np.random.RandomState(0)
x_train_noisy = np.clip(x_train + 0.5 * rng.normal(loc=0.0, scale=1.0, size=x_train.shape), 0., 1.)
x_test_noisy = np.clip(x_test + 0.5 * rng.normal(loc=0.0, scale=1.0, size=x_test.shape), 0., 1.)

input_img = Input(shape=(28, 28, 1))
x = Conv2D(8, (3, 3), activation='relu', padding='same')(input_img)
x = MaxPooling2D((2, 2), padding='same')(x)
x = Conv2D(8, (3, 3), activation='relu', padding='same')(x)
encoded = MaxPooling2D((2, 2), padding='same', name='encoder')(x)
x = Conv2D(8, (3, 3), activation='relu', padding='same')(encoded)
x = UpSampling2D((2, 2))(x)
x = Conv2D(8, (3, 3), activation='relu', padding='same')(x)
x = UpSampling2D((2, 2))(x)
decoded = Conv2D(1, (3, 3), activation='sigmoid', padding='same')(x)

autoencoder = Model(input_img, decoded)
autoencoder.compile(optimizer='adam', loss='binary_crossentropy')
autoencoder.fit(x_train_noisy, x_train, epochs=2, batch_size=32, shuffle=True,
                validation_data=(x_test_noisy, x_test))

encoder = Model(inputs=autoencoder.input, outputs=autoencoder.get_layer('encoder').output)
codes = encoder.predict(x_test)
decoded_imgs = autoencoder.predict(x_test_noisy)
print(codes.shape, decoded_imgs.shape, float(np.mean((decoded_imgs - x_test) ** 2)))
