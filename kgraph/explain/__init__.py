"""Why a loss is the number that it is: ``print(model.explain_loss(x, y))``."""

from kgraph.explain.explanation import Explanation
from kgraph.explain.reading import explain
from kgraph.explain.terms import OutputTerms, PenaltyTerm

__all__ = ["Explanation", "OutputTerms", "PenaltyTerm", "explain"]
