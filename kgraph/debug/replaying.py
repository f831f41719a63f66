"""Running a bundle again."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from kgraph.costs import byte_size, flops
from kgraph.debug.bundles import BundleError, load_bundle
from kgraph.debug.reports import report
from kgraph.ir import Graph
from kgraph.runtime.checked import CheckedFunction
from kgraph.runtime.errors import NodeError
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.runtime.feeds import check_feeds
from kgraph.runtime.guarded import GuardedFunction
from kgraph.runtime.specialise import at_shapes
from kgraph.runtime.storage import Storage

#: The bytes that the feeds, the parameters and the values of the nodes of a bundle may each take, unless more are
#: allowed.
MOST_BYTES: Final = 4 << 30
#: The operations on numbers that running it may take, for each byte that is allowed: in all a quarter of an hour at 20
#: thousand million a second.
FLOPS_PER_BYTE: Final = 4_000


class Replay(NamedTuple):
    """What came of running a bundle.

    Attributes:
        node: the node that made a NaN or infinity, the leaf that held one, or the node that refused a value.
        text: the report.
    """

    node: str
    text: str

    def __str__(self) -> str:
        return self.text


def replay(path: str | os.PathLike[str], most_bytes: int = MOST_BYTES) -> Replay | None:
    """Runs the step that the bundle in the directory ``path`` holds, and tells which node made a NaN or infinity.

    It needs no model and no code of the user's: the graph is all that is run. On the machine that saved the bundle the
    report is the one in ``report.txt``.

    Args:
        path: of the directory.
        most_bytes: that its feeds, its parameters and the values of its nodes may each take.

    Returns:
        The report; ``None`` where all values are finite.

    Raises:
        BundleError: it is no bundle, or would take more.
    """
    bundle = load_bundle(path, most_bytes)
    variables = {name: Storage(array) for name, array in bundle.parameters.items()}
    try:
        check_feeds(bundle.graph, bundle.feeds)
        _check(bundle.graph, {name: array.shape for name, array in bundle.feeds.items()}, most_bytes)
        try:
            CheckedFunction(bundle.graph, variables)(bundle.feeds)
            variables = {name: Storage(array) for name, array in bundle.parameters.items()}
            GuardedFunction(bundle.graph, variables)(bundle.feeds)
        except NonFiniteError as error:
            error.epoch, error.batch = bundle.epoch, bundle.batch
            return Replay(error.node, report(error))
    except NodeError as error:
        return Replay(error.node, str(error))
    except BundleError:
        raise
    except ValueError as error:
        raise BundleError(f"{os.fspath(path)}: {error}") from None
    return None


def _check(graph: Graph, shapes: dict[str, tuple[int, ...]], most_bytes: int) -> None:
    """Refuses a graph that takes more memory or time than is allowed, before any is taken.

    Raises:
        BundleError: it does.
        ValueError: the shapes do not fit it.
    """
    known = at_shapes(graph, shapes)
    taken = sum(byte_size(node.type) for node in known.nodes)
    if taken > most_bytes:
        raise BundleError(f"the values of {graph.name} take {taken:,} bytes; no more than {most_bytes:,} are allowed")
    work = sum(flops(node, known) for node in known.nodes)
    if work > FLOPS_PER_BYTE * most_bytes:
        most = FLOPS_PER_BYTE * most_bytes
        raise BundleError(f"{graph.name} takes {work:,} operations; no more than {most:,} are allowed")
