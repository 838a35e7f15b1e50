"""Where are the discs? Style: a U-Net whose loss and metric are Dice's over all pixels of a batch; Keras 2.1 (2018)."""
from __future__ import print_function

import numpy as np
from keras import backend as K
from keras.callbacks import ModelCheckpoint
from keras.layers import Conv2D, Conv2DTranspose, Input, MaxPooling2D, UpSampling2D, concatenate
from keras.models import Model
from keras.optimizers import Adam

K.set_image_data_format('channels_last')

img_rows = 32
img_cols = 32
smooth = 1.


def dice_coef(y_true, y_pred):
    y_true_f = K.flatten(y_true)
    y_pred_f = K.flatten(y_pred)
    intersection = K.sum(y_true_f * y_pred_f)
    return (2. * intersection + smooth) / (K.sum(y_true_f) + K.sum(y_pred_f) + smooth)


def dice_coef_loss(y_true, y_pred):
    return -dice_coef(y_true, y_pred)


def tversky_index(y_true, y_pred, alpha=0.7):
    true_pos = K.sum(y_true * y_pred, axis=[0, 1, 2])
    false_neg = K.sum(y_true * (1 - y_pred), axis=[0, 1, 2])
    false_pos = K.sum((1 - y_true) * y_pred, axis=[0, 1, 2])
    return K.mean((true_pos + smooth) / (true_pos + alpha * false_neg + (1 - alpha) * false_pos + smooth))


def get_unet():
    inputs = Input((img_rows, img_cols, 1))
    conv1 = Conv2D(8, (3, 3), activation='relu', padding='same')(inputs)
    conv1 = Conv2D(8, (3, 3), activation='relu', padding='same')(conv1)
    pool1 = MaxPooling2D(pool_size=(2, 2))(conv1)

    conv2 = Conv2D(16, (3, 3), activation='relu', padding='same')(pool1)
    conv2 = Conv2D(16, (3, 3), activation='relu', padding='same')(conv2)
    pool2 = MaxPooling2D(pool_size=(2, 2))(conv2)

    conv3 = Conv2D(32, (3, 3), activation='relu', padding='same')(pool2)

    up4 = concatenate([Conv2DTranspose(16, (2, 2), strides=(2, 2), padding='same')(conv3), conv2], axis=3)
    conv4 = Conv2D(16, (3, 3), activation='relu', padding='same')(up4)

    up5 = concatenate([UpSampling2D(size=(2, 2))(conv4), conv1], axis=3)
    conv5 = Conv2D(8, (3, 3), activation='relu', padding='same')(up5)

    conv6 = Conv2D(1, (1, 1), activation='sigmoid')(conv5)

    model = Model(inputs=[inputs], outputs=[conv6])
    model.compile(optimizer=Adam(lr=3e-3), loss=dice_coef_loss, metrics=[dice_coef, tversky_index])
    return model


def load_discs(count):
    rows, cols = np.mgrid[0:img_rows, 0:img_cols]
    centres = np.random.uniform(8, 24, (count, 2, 1, 1))
    radii = np.random.uniform(4, 8, (count, 1, 1))
    masks = (rows - centres[:, 0]) ** 2 + (cols - centres[:, 1]) ** 2 < radii ** 2
    images = masks * 1.0 + np.random.normal(0, 0.5, masks.shape)
    return images[..., np.newaxis].astype('float32'), masks[..., np.newaxis].astype('float32')


np.random.seed(1)
imgs_train, imgs_mask_train = load_discs(100)
mean = np.mean(imgs_train)
std = np.std(imgs_train)
imgs_train = (imgs_train - mean) / std

model = get_unet()
model_checkpoint = ModelCheckpoint('weights.h5', monitor='val_loss', save_best_only=True)
history = model.fit(imgs_train, imgs_mask_train, batch_size=16, epochs=3, verbose=2, shuffle=True,
                    validation_split=0.2, callbacks=[model_checkpoint])

model.load_weights('weights.h5')
imgs_test, imgs_mask_test = load_discs(20)
imgs_mask_test_pred = model.predict((imgs_test - mean) / std, verbose=0)
found = imgs_mask_test_pred > 0.5
overlap = 2. * np.sum(found * imgs_mask_test) / (np.sum(found) + np.sum(imgs_mask_test))
print('Dice coefficient of the test images: %.3f' % overlap)
assert history.history['loss'][-1] < history.history['loss'][0]
