"""A model of peu behind LitServe, as its documentation puts a model there; service.py starts it.

python benchmarks/litserve_model.py model/ PORT WORKERS
"""

import io
import sys
from typing import Any

import litserve
from fastapi import Request
from PIL import Image

import peu


class Api(litserve.LitAPI):  # type: ignore[misc]
    """Takes a form with the field `image`, as `peu serve` does."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe gives it
        """Load the model, in each worker."""
        self.predictor = peu.load(sys.argv[1])

    def decode_request(self, request: Request) -> Any:
        """Decode the image and bring it to size; LitServe hands over the form of the request."""
        form: Any = request
        image = Image.open(io.BytesIO(form["image"].file.read()))
        shorter = self.predictor.shorter_side
        if shorter is not None:
            image.draft(None, (2 * shorter, 2 * shorter))
        return self.predictor.prepare(image.convert("RGB"))

    def predict(self, prepared: Any) -> Any:
        """Predict one image, or a batch of them."""
        if isinstance(prepared, list):
            return list(self.predictor.predict_prepared(prepared))
        return self.predictor.predict_prepared([prepared])[0]

    def batch(self, inputs: list[Any]) -> list[Any]:
        """Images have different sizes: a batch is a list of them."""
        return inputs

    def unbatch(self, output: list[Any]) -> list[Any]:
        """Answers of a batch."""
        return output

    def encode_response(self, output: Any) -> Any:
        """What `peu serve` answers for an image."""
        return {"predictions": [output.to_dict()]}


if __name__ == "__main__":
    workers, batch = int(sys.argv[3]), int(sys.argv[4])
    api = Api(max_batch_size=batch, batch_timeout=0.005 if batch > 1 else 0.0)
    server = litserve.LitServer(api, accelerator="cpu", devices=1, workers_per_device=workers)
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False)
