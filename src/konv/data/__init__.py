"""Data sets in memory, folders decoded ahead of training, downloads, and the checks on what a network is fed."""

from konv.data.checks import check_inputs, check_lengths
from konv.data.dataset import DataSet
from konv.data.directory import image_dataset_from_directory
from konv.data.folder import from_folder
from konv.data.generator import ImageDataGenerator
from konv.data.images import load_image
from konv.data.sources import embedded, load

__all__ = [
    "DataSet",
    "ImageDataGenerator",
    "check_inputs",
    "check_lengths",
    "embedded",
    "from_folder",
    "image_dataset_from_directory",
    "load",
    "load_image",
]
