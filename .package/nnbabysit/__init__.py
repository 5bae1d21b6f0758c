"""nnbabysit babysits the training of a neural network.

It proves in minutes that a net can learn, finds its hyperparameters coarse-to-fine, trains it, watches it,
and says in plain words what is wrong, on which evidence, and which line of the config to change.
Importing the package imports neither torch nor numpy.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
