"""A network inside scikit-learn's tools where they are there. Style: wrappers.scikit_learn; Keras 2.2 (2018)."""
import numpy as np
from keras.datasets import mnist
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor

try:
    from sklearn.model_selection import GridSearchCV
except ImportError:
    GridSearchCV = None


def make_model(dense_layer_sizes=(16,), filters=4, kernel_size=3, pool_size=2):
    model = Sequential()
    model.add(Conv2D(filters, kernel_size, padding='valid', activation='relu', input_shape=(28, 28, 1)))
    model.add(MaxPooling2D(pool_size=pool_size))
    model.add(Dropout(0.25))
    model.add(Flatten())
    for layer_size in dense_layer_sizes:
        model.add(Dense(layer_size, activation='relu'))
    model.add(Dense(10, activation='softmax'))
    model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
    return model


def make_regressor():
    model = Sequential([Flatten(input_shape=(28, 28, 1)), Dense(4, activation='relu'), Dense(1)])
    model.compile(loss='mean_squared_error', optimizer='adam')
    return model


(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1).astype('float32') / 255
x_test = x_test.reshape(-1, 28, 28, 1).astype('float32') / 255

classifier = KerasClassifier(make_model, batch_size=32, epochs=1, verbose=0)
if GridSearchCV is not None:
    search = GridSearchCV(classifier, param_grid={'filters': [2, 4], 'dense_layer_sizes': [(8,)]}, cv=2,
                          scoring='neg_log_loss', n_jobs=1)
    search.fit(x_train, y_train)
    print('The parameters of the best model are:', search.best_params_)
    best = search.best_estimator_
else:
    best = classifier
    best.fit(x_train, y_train)
print('accuracy', best.score(x_test, y_test), best.predict(x_test[:3]), best.predict_proba(x_test[:3]).sum(axis=1))
brightness = KerasRegressor(build_fn=make_regressor, nb_epoch=2, batch_size=32, verbose=0)
brightness.fit(x_train, x_train.mean(axis=(1, 2, 3)))
print('brightness', brightness.predict(x_test[:3]).shape, brightness.score(x_test, x_test.mean(axis=(1, 2, 3))))
