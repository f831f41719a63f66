"""The op declarations. Importing the package registers every op."""

from kgraph.opset import binary as binary
from kgraph.opset import choice as choice
from kgraph.opset import claims as claims
from kgraph.opset import conversion as conversion
from kgraph.opset import creation as creation
from kgraph.opset import fused as fused
from kgraph.opset import fused_losses as fused_losses
from kgraph.opset import indexing as indexing
from kgraph.opset import leaves as leaves
from kgraph.opset import linalg as linalg
from kgraph.opset import losses as losses
from kgraph.opset import metrics as metrics
from kgraph.opset import movement as movement
from kgraph.opset import ordering as ordering
from kgraph.opset import random as random
from kgraph.opset import reductions as reductions
from kgraph.opset import scans as scans
from kgraph.opset import softmax as softmax
from kgraph.opset import sparse_losses as sparse_losses
from kgraph.opset import unary as unary
from kgraph.opset import updates as updates
