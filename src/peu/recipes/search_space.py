"""What a search may choose from: a range for each setting of the sheet's family of networks."""

from dataclasses import dataclass, fields

from peu.recipes.checks import check, check_count, check_range


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """Give the lowest and the highest value of each setting that is searched, both included.

    A range of one value, `(3, 3)`, leaves nothing to search.

    Attributes:
        image_size: side of the square images, in pixels, in steps of 16.
        layers: convolutions, each with its pooling.
        filters: filters of the first convolution, on a logarithmic scale; each further one has
            twice as many, at most 128.
        batch_norm: whether convolutions are normalised over the batch: 0 for no, 1 for yes.
        dropout: share of the hidden layer's units dropped while training, in [0, 1).
        learning_rate: highest step size, on a logarithmic scale.
        weight_decay: decoupled from the gradient, on a logarithmic scale. With few images
            good values are large.
        epochs: passes over the training images, in steps of 10; enough to rank
            configurations, and what the last training multiplies.
        augmentation: strength of the augmentation, in (0, 2].

    Raises:
        RecipeError: a value is out of its range, or a range is upside down.

    Source: lab sheet, section 1.3, for rate, layers, filters, dropout and epochs; Brigato et al.
    (2022), "Image classification with small datasets", for weight decay.
    """

    image_size: tuple[int, int] = (48, 80)
    layers: tuple[int, int] = (2, 4)
    filters: tuple[int, int] = (8, 32)
    batch_norm: tuple[int, int] = (0, 1)
    dropout: tuple[float, float] = (0.0, 0.5)
    learning_rate: tuple[float, float] = (5e-4, 8e-3)
    weight_decay: tuple[float, float] = (1e-4, 0.3)
    epochs: tuple[int, int] = (30, 60)
    augmentation: tuple[float, float] = (0.25, 2.0)

    def __post_init__(self) -> None:
        for field in fields(self):
            ends = getattr(self, field.name)
            pair = isinstance(ends, tuple) and len(ends) == 2
            check(
                field.name,
                holds=pair,
                expected="a range: its lowest and its highest value",
                received=ends,
                advice=f"The usual range is {field.default}.",
            )
            for end in ends:
                _check_end(field.name, end)
            check(
                field.name,
                holds=ends[0] <= ends[1],
                expected="a range from its lowest to its highest value",
                received=ends,
                advice="Turn it round.",
            )


def _check_end(setting: str, end: object) -> None:
    if setting == "image_size":
        check_count(setting, end, "48 to 96 pixels suffice for a small network.")
        check_range(
            setting, end, 16, 512, "48 to 96 pixels suffice for a small network.", ends="[]"
        )
    elif setting == "batch_norm":
        check(
            setting,
            holds=isinstance(end, int) and end in (0, 1),
            expected="made of 0 and 1",
            received=end,
            advice="(0, 1) searches it, (1, 1) leaves it on.",
        )
    elif setting in ("layers", "filters", "epochs"):
        check_count(setting, end, "Leave it out for the usual range.")
    elif setting == "dropout":
        check_range(setting, end, 0, 1, "0 to 0.5 is a usual range.")
    elif setting == "augmentation":
        check_range(setting, end, 0, 2, "0.25 to 2 is the usual range.", ends="(]")
    else:
        check_range(
            setting,
            end,
            0,
            10,
            "Leave it out for the usual range.",
            ends="()" if setting == "weight_decay" else "(]",
        )
