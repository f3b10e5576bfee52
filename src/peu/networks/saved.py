"""Loading networks from files that may be damaged or foreign."""

from pathlib import Path
from typing import Any

from peu.errors import BundleError
from peu.networks.backend import keras
from peu.networks.limited_opening import check_opens
from peu.networks.vae import Sampling


def load_network(path: Path) -> Any:
    """Load a keras.Model safely: nothing in the file is executed, and little is allocated.

    Raises:
        BundleError: the file is no network that peu saved, or takes more than one may.
    """
    check_opens(path)
    return open_network(path)


def open_network(path: Path) -> Any:
    """As `load_network`, whatever it takes.

    Raises:
        BundleError: the file is no network that peu saved.
    """
    try:
        network = keras.saving.load_model(
            path, custom_objects={"peu>Sampling": Sampling}, compile=False, safe_mode=True
        )
        inputs = len(network.inputs)
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"`{path}` must be a network that peu saved. It could not be loaded: {reason[:200]} "
            "Train and save the model again."
        ) from error
    if inputs != 1:
        raise BundleError(
            f"`{path}` must have one input. Received: {inputs}. Train and save the model again."
        )
    return network
