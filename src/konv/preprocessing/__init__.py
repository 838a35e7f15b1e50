"""Keras's door to what prepares images."""

from konv.data.directory import image_dataset_from_directory
from konv.preprocessing import image

__all__ = ["image", "image_dataset_from_directory"]
