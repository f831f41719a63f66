"""The registry of peers. A peer is a module of this package with ``make(workload, initial)``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Peer:
    """Something that trains.

    Attributes:
        module: where in this package its ``make`` is.
        library: what is imported and installed for it; peers may share one.
        imports: the modules a user of it imports; the time for it, over numpy's own, is its import time.
        packages: the packages whose distributions a user of it installs; the sizes of these and of all they need are
            its installed size.
        environment: variables its worker is started with.
        variant: given to ``make`` of modules that hold several peers.
        is_keras: whether it counts for the ratio to the best Keras.
    """

    name: str
    title: str
    library: str
    module: str
    imports: tuple[str, ...]
    packages: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    variant: str = ""
    is_keras: bool = False


def _keras_on(backend: str, title: str, **more: str) -> Peer:
    return Peer(
        name=f"keras-{backend}",
        title=f"Keras 3 on {title}",
        library=f"Keras 3 on {title}",
        module="keras_models",
        variant="keras",
        imports=("keras",),
        packages=("keras", backend),
        environment={"KERAS_BACKEND": backend, **more},
        is_keras=True,
    )


KGRAPH = "kgraph"
PEERS = {
    peer.name: peer
    for peer in (
        Peer(KGRAPH, "kgraph", "kgraph", "keras_models", ("kgraph",), ("kgraph",), variant="kgraph"),
        Peer("jax", "JAX by hand", "JAX", "jax_by_hand", ("jax",), ("jax",), variant="steps"),
        Peer("jax-scan", "JAX by hand, an epoch a call", "JAX", "jax_by_hand", ("jax",), ("jax",), variant="epochs"),
        Peer("torch", "torch, eager", "torch", "torch_by_hand", ("torch",), ("torch",), variant="eager"),
        Peer("torch-compile", "torch, compiled", "torch", "torch_by_hand", ("torch",), ("torch",), variant="compiled"),
        _keras_on("jax", "JAX"),
        _keras_on("tensorflow", "TensorFlow", TF_CPP_MIN_LOG_LEVEL="2"),
        _keras_on("torch", "torch"),
        Peer("sklearn", "scikit-learn", "scikit-learn", "sklearn_mlp", ("sklearn.neural_network",), ("sklearn",)),
    )
}


def by_library(peers: Iterable[Peer]) -> dict[str, Peer]:
    """One of ``peers`` for each library."""
    found: dict[str, Peer] = {}
    for peer in peers:
        found.setdefault(peer.library, peer)
    return found
