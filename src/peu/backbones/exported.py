"""Keras networks as ONNX graphs: exported once, kept in the cache, run without TensorFlow."""

import functools
import hashlib
from pathlib import Path
from typing import Any

from peu.backbones.sized_features import SizedFeatures
from peu.cache_folder import cache_folder
from peu.errors import BundleError, ResourceError
from peu.files import canonical_json, read_bytes, sha256_of_text, write_bytes
from peu.networks.backbone_sources import BackboneSource, find_backbone
from peu.networks.pretrained_settings import Pooling

# Part of the key: raise it when the exported graph would be another.
_FORMAT = 1
_MOST_BYTES = 1 << 30


def exported_features(
    backbone: str,
    weights: str,
    preprocessing: str,
    image_size: tuple[int, int] | None,
    pooling: Pooling,
) -> SizedFeatures:
    """Load a Keras network from the cache, or export it; kept for whoever asks next.

    Args:
        backbone: a name, or the path of a Keras model file.
        weights: "imagenet" or the path of a weights file.
        preprocessing: how pixels are scaled, or "auto".
        image_size: (height, width), or None for what the backbone was trained on.
        pooling: "average" or "flatten".

    Raises:
        BundleError: the backbone's file is damaged or no backbone.
        RecipeError: no such backbone.
        ResourceError: what exports it is not installed, or its weights are not available.
    """
    return _features(find_backbone(backbone, weights, preprocessing), image_size, pooling)


@functools.lru_cache(maxsize=2)
def _features(
    source: BackboneSource, image_size: tuple[int, int] | None, pooling: Pooling
) -> SizedFeatures:
    key = [_FORMAT, source.identity, source.preprocessing, image_size, pooling]
    name = sha256_of_text(canonical_json(key))[:32]
    graph = _read(name)
    if graph is None:
        from peu.networks.feature_export import export_features

        content = export_features(source, image_size, pooling)
        _keep(name, content)
        graph = _parsed(content)
    return SizedFeatures(graph, identity=f"exported:{name}")


def _read(name: str) -> Any:
    """The graph that was kept under a name; None where there is none, or it was damaged."""
    for path in _folder().glob(f"{name}-*.onnx"):
        try:
            content = read_bytes(path, most_bytes=_MOST_BYTES)
        except (BundleError, ResourceError, OSError, ValueError):
            continue
        if path.stem == f"{name}-{_hash(content)}":
            return _parsed(content)
    return None


def _keep(name: str, content: bytes) -> None:
    # A cache that cannot be written costs time alone.
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        write_bytes(_folder() / f"{name}-{_hash(content)}.onnx", content)
    except (ResourceError, OSError):
        return


def _folder() -> Path:
    return cache_folder() / "backbones"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _parsed(content: bytes) -> Any:
    import onnx

    return onnx.load_from_string(content)
