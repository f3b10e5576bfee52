"""Ray on this machine alone, as a benchmark starts it."""

from typing import Any


def start_ray(cores: int) -> Any:
    """Start Ray with so many cores, and return its module."""
    from peu.cluster.connection import prepare_ray

    ray = prepare_ray()
    ray.init(
        address="local",
        num_cpus=cores,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    return ray
