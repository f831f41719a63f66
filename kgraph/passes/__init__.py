"""Passes: graph to graph, one file each.

A pass is a function from a graph to a graph. Names never change, so that the difference of two dumps shows just what
the pass did; the docstring of a pass says what stays true.
"""

from kgraph.passes.bind import bind
from kgraph.passes.check_values import check_values
from kgraph.passes.cse import cse
from kgraph.passes.dead_code import dead_code, keep
from kgraph.passes.fold import fold
from kgraph.passes.fuse_dense import fuse_dense
from kgraph.passes.fuse_loss import fuse_loss
from kgraph.passes.fuse_norm import fuse_norm
from kgraph.passes.ones import ones_for
from kgraph.passes.phase import resolve_phase
from kgraph.passes.split_columns import split_columns

__all__ = [
    "bind",
    "check_values",
    "cse",
    "dead_code",
    "fold",
    "fuse_dense",
    "fuse_loss",
    "fuse_norm",
    "keep",
    "ones_for",
    "resolve_phase",
    "split_columns",
]
