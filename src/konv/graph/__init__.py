"""Nodes, variables, topological order: the network as data."""

from konv.graph.network import Graph, nodes_between, replaced
from konv.graph.node import Later, Node, Tensor, Variable, aligned

__all__ = ["Graph", "Later", "Node", "Tensor", "Variable", "aligned", "nodes_between", "replaced"]
