"""Learn image models from few images, and say honestly how good they are.

The public names stand in `__init__.pyi`. Each is imported when it is first asked for, since NumPy,
scikit-learn and Keras take seconds to start.
"""

import os

import lazy_loader

from peu.version import __version__ as __version__

# ONNX Runtime 1.29 and newer tells Microsoft which models are opened and run, unless this is set
# before it starts. peu sends nothing anywhere.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
