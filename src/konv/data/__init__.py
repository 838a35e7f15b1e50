"""Data sets in memory, image folders, downloads, and the checks on what a network is fed."""

from konv.data.checks import check_inputs, check_lengths
from konv.data.dataset import DataSet
from konv.data.folder import from_folder
from konv.data.images import load_image
from konv.data.sources import embedded, load

__all__ = ["DataSet", "check_inputs", "check_lengths", "embedded", "from_folder", "load", "load_image"]
