"""From a value that is not finite to the error that a user sees."""

from __future__ import annotations

from kgraph.debug.bundles import save_bundle
from kgraph.debug.reports import report
from kgraph.runtime.evaluation import NonFiniteError


def told(error: NonFiniteError, epoch: int | None = None) -> NonFiniteError:
    """``error`` with its report as the message, once its bundle is saved and its epoch known.

    A bundle that cannot be saved is no reason to keep the report back: the message says why.
    """
    error.epoch = epoch
    try:
        error.bundle = str(save_bundle(error))
        kept = f"saved to {error.bundle}; `kgraph replay {error.bundle}` runs this step again"
    except OSError as reason:
        kept = f"no bundle was saved: {reason}"
    error.args = (f"{report(error)}\n\n{kept}",)
    return error
