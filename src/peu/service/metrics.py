"""What the service counts, in the form that Prometheus reads."""

import time
from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5, 15, 60)
_IMAGES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """Counters of one service, in a registry of its own.

    Attributes:
        requests: by path, as it is declared, and status.
        seconds: from a request's headers to the end of its answer, of predictions alone, by path.
        running: requests that are worked on.
        images: by model and outcome: "predicted" or "refused".
        batch_images: images that a model was handed at once.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.requests = Counter(
            "peu_requests", "Answered requests.", ["path", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "peu_request_seconds",
            "Seconds from a request's headers to the end of its answer.",
            ["path"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.running = Gauge(
            "peu_requests_running", "Requests that are worked on.", registry=self._registry
        )
        self.images = Counter(
            "peu_images",
            "Images by model and outcome.",
            ["model", "outcome"],
            registry=self._registry,
        )
        self.batch_images = Histogram(
            "peu_batch_images",
            "Images that a model was handed at once.",
            buckets=_IMAGES,
            registry=self._registry,
        )
        started = Gauge("peu_started_seconds", "When the service started.", registry=self._registry)
        started.set(time.time())

    def watch(self, *, waiting: Callable[[], float], held: Callable[[], float]) -> None:
        """Report figures that are asked for when they are read.

        Args:
            waiting: number of images that wait for a model.
            held: bytes of the requests that are held.
        """
        for name, text, figure in (
            ("peu_images_waiting", "Images that wait for a model.", waiting),
            ("peu_held_bytes", "Bytes of requests that are held in memory.", held),
        ):
            Gauge(name, text, registry=self._registry).set_function(figure)

    def text(self) -> bytes:
        """All of them, as /metrics gives them."""
        return generate_latest(self._registry)
