"""How the weights of a LiteRT file are stored."""

from typing import Literal

Precision = Literal["fp32", "fp16", "int8"]
