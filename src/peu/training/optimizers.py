"""What moves the weights: the optimizer and the course of its step size."""

from typing import Any

from peu.backend import keras
from peu.recipes.training import TrainingSettings

_MOMENTUM = 0.9
_NOT_DECAYED = ("bias", "gamma", "beta")


def make_optimizer(settings: TrainingSettings, *, steps: int) -> Any:
    """Build the optimizer that the settings describe.

    Args:
        settings: optimizer, step size and its course, weight decay, averaging.
        steps: batches of the whole training, which a cosine is stretched over.

    Returns:
        A keras.Optimizer.

    Source: Loshchilov and Hutter (2017) for the cosine, (2019) for weight decay apart from the
    gradient.
    """
    options: dict[str, Any] = {}
    if settings.weight_decay:
        options["weight_decay"] = settings.weight_decay
    if settings.average_weights:
        options |= {"use_ema": True, "ema_momentum": settings.average_weights}
    step_size = _step_size(settings, steps)
    if settings.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(step_size, momentum=_MOMENTUM, nesterov=True, **options)
    elif settings.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(
            step_size, **{"weight_decay": settings.weight_decay, **options}
        )
    else:
        optimizer = keras.optimizers.Adam(step_size, **options)
    if settings.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=list(_NOT_DECAYED))
    return optimizer


def _step_size(settings: TrainingSettings, steps: int) -> Any:
    if settings.schedule == "constant":
        return settings.learning_rate
    warmup = round(settings.warmup * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else settings.learning_rate,
        decay_steps=max(1, steps - warmup),
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
