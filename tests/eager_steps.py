"""Training steps as they come: so few of them are cheaper than the graph that is traced first."""

import contextlib
import warnings
from collections.abc import Iterator

import pytest

untold = pytest.mark.filterwarnings("ignore:Even though the `tf.config:UserWarning")
"""For tests with a fixture that does this: graphs of tf.data stay graphs, which is as well."""


untraced = [pytest.mark.usefixtures("eager"), untold]
"""For a whole file, its fixtures included: `pytestmark = untraced`."""


@contextlib.contextmanager
def eager_steps(*, eager: bool = True) -> Iterator[None]:
    """Run TensorFlow's functions step by step, untraced.

    A network takes one to five seconds to trace, whatever it is to learn, and its step a tenth
    of one untraced.

    Args:
        eager: false traces again, as peu itself does, within what is `untraced`.
    """
    # Its settings must stand before TensorFlow loads.
    import peu.networks.backend  # noqa: F401

    # isort: split
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Even though the `tf.config")
        tf.config.run_functions_eagerly(run_eagerly=eager)
        try:
            yield
        finally:
            tf.config.run_functions_eagerly(run_eagerly=before)
