"""What a model remembers of the pictures that it learnt from."""


def picture_mark(sha256: str) -> str:
    """Shorten a picture's hash to what tells it from others in a model's memory of its set."""
    return sha256[:16]
