"""Sums whose order is fixed: the tree over the samples, scans along rows, reductions along axes."""
