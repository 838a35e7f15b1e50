"""A training loop from scratch. Style: GradientTape, tf.data and metrics by hand; tf.keras of TensorFlow 2.6 (2021)."""
import time

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

tf.random.set_seed(1)
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = np.reshape(x_train, (-1, 28, 28, 1)).astype("float32") / 255.0
x_test = np.reshape(x_test, (-1, 28, 28, 1)).astype("float32") / 255.0

batch_size = 32
train_dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train))
train_dataset = train_dataset.shuffle(buffer_size=1024).batch(batch_size).prefetch(tf.data.AUTOTUNE)
val_dataset = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(batch_size)

inputs = keras.Input(shape=(28, 28, 1), name="digits")
x = layers.Conv2D(8, 3, strides=2)(inputs)
x = layers.BatchNormalization()(x)
x = layers.ReLU()(x)
x = layers.Dropout(0.1)(x)
x = layers.Flatten()(x)
x = layers.Dense(32, activation="relu", name="dense_1")(x)
outputs = layers.Dense(10, name="predictions")(x)
model = keras.Model(inputs=inputs, outputs=outputs)

optimizer = keras.optimizers.Adam(learning_rate=2e-3)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = keras.metrics.SparseCategoricalAccuracy()
train_loss = keras.metrics.Mean(name="train_loss")


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss_value = loss_fn(y, logits)
    grads = tape.gradient(loss_value, model.trainable_weights)
    optimizer.apply_gradients(zip(grads, model.trainable_weights))
    train_acc_metric.update_state(y, logits)
    train_loss(loss_value)
    return loss_value


@tf.function
def test_step(x, y):
    val_logits = model(x, training=False)
    val_acc_metric.update_state(y, val_logits)


losses = []
for epoch in range(3):
    start_time = time.time()
    for step, (x_batch_train, y_batch_train) in enumerate(train_dataset):
        loss_value = train_step(x_batch_train, y_batch_train)
        if step % 5 == 0:
            print("Training loss at step %d: %.4f" % (step, float(loss_value)))
    losses.append(float(train_loss.result()))
    print("Training acc over epoch: %.4f, loss %.4f" % (float(train_acc_metric.result()), losses[-1]))
    train_acc_metric.reset_states()
    train_loss.reset_states()
    for x_batch_val, y_batch_val in val_dataset:
        test_step(x_batch_val, y_batch_val)
    print("Validation acc: %.4f" % (float(val_acc_metric.result()),))
    val_acc_metric.reset_states()
    print("Time taken: %.2fs" % (time.time() - start_time))
assert losses[-1] < losses[0]
print("Done:", [round(loss, 3) for loss in losses])
