"""Layers and a model of one's own. Style: subclassing with `build` and `call`; tf.keras of TensorFlow 2.4 (2021)."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers


class Scale(layers.Layer):
    def __init__(self, initial=1.0, **kwargs):
        super(Scale, self).__init__(**kwargs)
        self.initial = initial

    def build(self, input_shape):
        self.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones", trainable=True)
        super(Scale, self).build(input_shape)

    def call(self, inputs):
        return inputs * self.gamma * self.initial

    def get_config(self):
        config = super(Scale, self).get_config()
        config.update({"initial": self.initial})
        return config


class ResidualBlock(layers.Layer):
    def __init__(self, filters):
        super().__init__()
        self.conv1 = layers.Conv2D(filters, 3, padding="same", activation="relu")
        self.conv2 = layers.Conv2D(filters, 3, padding="same")
        self.norm = layers.BatchNormalization()
        self.scale = Scale(0.5)

    def call(self, x, training=None):
        y = self.conv1(x)
        y = self.norm(self.conv2(y), training=training)
        return tf.nn.relu(x + self.scale(y))


class SmallNet(tf.keras.Model):
    def __init__(self, num_classes=10):
        super(SmallNet, self).__init__(name="small_net")
        self.stem = layers.Conv2D(8, 3, strides=2, activation="relu")
        self.blocks = [ResidualBlock(8) for _ in range(2)]
        self.pool = layers.GlobalAveragePooling2D()
        self.drop = layers.Dropout(0.3)
        self.classifier = layers.Dense(num_classes, activation="softmax")

    def call(self, inputs, training=False):
        x = self.stem(inputs)
        for block in self.blocks:
            x = block(x, training=training)
        x = self.pool(x)
        x = self.drop(x, training=training)
        return self.classifier(x)


tf.random.set_seed(0)
(x_train, y_train), (x_test, y_test) = tf.keras.datasets.fashion_mnist.load_data()
x_train, x_test = x_train[..., None].astype("float32") / 255, x_test[..., None].astype("float32") / 255

model = SmallNet()
model.compile(optimizer=tf.keras.optimizers.Adam(0.002), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=2, validation_data=(x_test, y_test))
model.summary()
predictions = model.predict(x_test)
print(predictions.shape, len(model.trainable_weights), len(model.non_trainable_weights))
model.save_weights("small_net.weights.h5")
again = SmallNet()
again(x_test[:1])
again.load_weights("small_net.weights.h5")
assert np.allclose(again.predict(x_test), predictions, atol=1e-6)
