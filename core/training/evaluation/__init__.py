"""A trained network on samples: outputs, metrics, ensembles."""
