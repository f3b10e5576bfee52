"""A network that somebody else trained in Keras, to be tested as it is."""

from pathlib import Path
from typing import Any

from peu.errors import BundleError
from peu.networks.backend import keras


def load_student(path: Path) -> Any:
    """Load a network from a Keras model file; nothing in the file is executed.

    Args:
        path: of a `.keras` or `.h5` file.

    Raises:
        BundleError: the file holds no network with one input and one output.
    """
    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
        single = len(network.inputs) == len(network.outputs) == 1
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"`{path}` must be a Keras model file. It could not be loaded: {reason[:200]} Save it "
            "again with Keras 3, `model.save('mine.keras')`."
        ) from error
    if not single:
        raise BundleError(
            f"`{path}` must have one input and one output. Received: {len(network.inputs)} and "
            f"{len(network.outputs)}. Save the whole classifier as one model."
        )
    return network
