"""Arrays as fields of dataclasses that pydantic turns into JSON and back."""

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator


def _integers(value: Any) -> NDArray[np.int64]:
    array = np.asarray(value)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError("an array of integers was expected")
    return array.astype(np.int64)


def _floats(value: Any) -> NDArray[np.float64]:
    return np.asarray(value, np.float64)


_as_list = PlainSerializer(lambda array: array.tolist())
IntArray = Annotated[NDArray[np.int64], PlainValidator(_integers), _as_list]
"""An int64 array; a list in JSON."""
FloatArray = Annotated[NDArray[np.float64], PlainValidator(_floats), _as_list]
"""A float64 array; a list in JSON."""
