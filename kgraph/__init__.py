"""kgraph: the Keras API, lowered by ``Model.compile`` into a small tensor graph that a person can read."""
