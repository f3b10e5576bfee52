"""The number format a network is trained in."""

from peu.networks.backend import has_bfloat16
from peu.networks.training_settings import Precision


def choose_precision(wanted: Precision) -> str:
    """The Keras dtype policy for a precision setting.

    "auto" takes bfloat16 only where the processor has instructions for it. Emulated, an epoch
    of the lab sheet's network took three to four times as long as in float32 (2 AVX2 cores,
    TensorFlow 2.21).

    Args:
        wanted: "auto", "float32" or "mixed_bfloat16".

    Returns:
        "float32" or "mixed_bfloat16".
    """
    if wanted == "auto":
        return "mixed_bfloat16" if has_bfloat16() else "float32"
    return wanted
