"""`compile`: from a model, losses and metrics to one graph, and from that graph to functions.

The steps stand in ``compiled.compile_model``, a file each: outputs, losses, targets, sample weights, the weighted
objective, the total, metrics; then ``functions`` prunes the graph for training, testing and predicting.
"""
