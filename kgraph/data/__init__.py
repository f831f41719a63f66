"""What ``fit``, ``evaluate`` and ``predict`` take, made into batches."""

from kgraph.data.array_likes import as_samples, first_samples, is_array_like, numeric_array
from kgraph.data.arrays import ArraySource
from kgraph.data.order import epoch_order, split_validation
from kgraph.data.py_dataset import PyDataset, Sequence
from kgraph.data.rows import Rows, Samples, in_memory
from kgraph.data.source import Chunk, Source
from kgraph.data.splitting import split_dataset
from kgraph.data.standardize import by_name, check_sample_counts, standardize, standardize_weights
from kgraph.data.stream_source import StreamSource
from kgraph.data.streams import Queued, is_stream, open_stream, pack_x_y_sample_weight, unpack_x_y_sample_weight
from kgraph.data.timeseries import timeseries_dataset_from_array
from kgraph.data.weights import class_weights_by_output, class_weights_to_sample_weights

__all__ = [
    "ArraySource",
    "Chunk",
    "PyDataset",
    "Queued",
    "Rows",
    "Samples",
    "Sequence",
    "Source",
    "StreamSource",
    "as_samples",
    "by_name",
    "check_sample_counts",
    "class_weights_by_output",
    "class_weights_to_sample_weights",
    "epoch_order",
    "first_samples",
    "in_memory",
    "is_array_like",
    "is_stream",
    "numeric_array",
    "open_stream",
    "pack_x_y_sample_weight",
    "split_dataset",
    "split_validation",
    "standardize",
    "standardize_weights",
    "timeseries_dataset_from_array",
    "unpack_x_y_sample_weight",
]
