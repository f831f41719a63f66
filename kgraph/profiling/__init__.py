"""Where the time goes: ``with kgraph.profile() as p: model.fit(...)``, then ``print(p.table())``."""

from kgraph.profiling.session import Profile, profile

__all__ = ["Profile", "profile"]
