"""Augmented images from arrays and from folders. Style: ImageDataGenerator and fit_generator; Keras 2.0 (2017)."""
from __future__ import print_function

import os

import numpy as np
from keras.callbacks import ModelCheckpoint
from keras.datasets import cifar10
from keras.layers import Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array, load_img
from keras.utils import np_utils

img_width, img_height = 24, 24
train_data_dir = 'data/train'
validation_data_dir = 'data/validation'
epochs = 2
batch_size = 16

# A folder for each class
(x_train, y_train), (x_test, y_test) = cifar10.load_data()
for folder, images, labels in ((train_data_dir, x_train, y_train), (validation_data_dir, x_test, y_test)):
    for name, number in (('cats', 3), ('dogs', 5)):
        os.makedirs(os.path.join(folder, name))
        for i, image in enumerate(images[labels[:, 0] == number]):
            array_to_img(image).save(os.path.join(folder, name, '%s.%d.png' % (name, i)))
nb_train_samples = sum(len(files) for _, _, files in os.walk(train_data_dir))
nb_validation_samples = sum(len(files) for _, _, files in os.walk(validation_data_dir))

model = Sequential()
model.add(Conv2D(8, (3, 3), input_shape=(img_width, img_height, 3)))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Conv2D(8, (3, 3)))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(16))
model.add(Activation('relu'))
model.add(Dropout(0.5))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])

train_datagen = ImageDataGenerator(rescale=1. / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
test_datagen = ImageDataGenerator(rescale=1. / 255)
train_generator = train_datagen.flow_from_directory(train_data_dir, target_size=(img_width, img_height),
                                                    batch_size=batch_size, class_mode='binary')
validation_generator = test_datagen.flow_from_directory(validation_data_dir, target_size=(img_width, img_height),
                                                        batch_size=4, class_mode='binary')
model.fit_generator(train_generator, steps_per_epoch=nb_train_samples // batch_size, epochs=epochs,
                    validation_data=validation_generator, validation_steps=nb_validation_samples // 4,
                    callbacks=[ModelCheckpoint('first_try.h5', save_weights_only=True)])
print(train_generator.class_indices)
one = img_to_array(load_img(os.path.join(validation_data_dir, 'cats', 'cats.0.png'),
                            target_size=(img_width, img_height)))
print(model.predict_classes(one[np.newaxis] / 255.))

# From arrays, with statistics of the data
datagen = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True, rotation_range=20,
                             width_shift_range=0.2, height_shift_range=0.2, horizontal_flip=True)
datagen.fit(x_train)
y = np_utils.to_categorical(y_train, 10)
model = Sequential([Conv2D(8, (3, 3), activation='relu', input_shape=x_train.shape[1:]), MaxPooling2D((4, 4)),
                    Flatten(), Dense(10, activation='softmax')])
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
history = model.fit_generator(datagen.flow(x_train, y, batch_size=32), steps_per_epoch=len(x_train) // 32, epochs=2)
print(history.history['loss'])
