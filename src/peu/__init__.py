"""Learn image models from few pictures, and say honestly how good they are."""

__version__ = "0.1.0"
