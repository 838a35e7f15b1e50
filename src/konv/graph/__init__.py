"""Nodes, variables, topological order: the network as data."""

from konv.graph.network import Graph, replaced
from konv.graph.node import Later, Node, Tensor, Variable, aligned

__all__ = ["Graph", "Later", "Node", "Tensor", "Variable", "aligned", "replaced"]
