"""What moves the weights: the optimizer and the course of its step size."""

from collections.abc import Mapping, Sequence
from typing import Any

from peu.networks.backend import keras
from peu.networks.training_settings import TrainingSettings

_MOMENTUM = 0.9
_NOT_DECAYED = ("bias", "gamma", "beta")


def make_optimizer(
    settings: TrainingSettings, *, steps: int, rates: Mapping[int, float] | None = None
) -> Any:
    """Build the optimizer that the settings describe.

    Args:
        settings: optimizer, step size and its course, weight decay, averaging.
        steps: batches of the whole training, which a cosine is stretched over.
        rates: by a variable's `id`, the share of the step size that it moves by; 1 for those
            without. Weight decay is the same for all.

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
    if settings.optimizer == "sgd":
        kind = keras.optimizers.SGD
        options |= {"momentum": _MOMENTUM, "nesterov": True}
    elif settings.optimizer == "adamw":
        kind = keras.optimizers.AdamW
        options = {"weight_decay": settings.weight_decay, **options}
    else:
        kind = keras.optimizers.Adam
    kind = _on_one_device(kind)
    if rates:
        kind = _at_own_rates(kind, rates)
    optimizer = kind(_step_size(settings, steps), **options)
    if settings.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=list(_NOT_DECAYED))
    return optimizer


def _on_one_device(kind: Any) -> Any:
    """Derive an optimizer that does not sum gradients over devices, of which there is one.

    With TensorFlow, Keras sums them by an operation whose gradient TensorFlow registers for
    good (Keras 3.13, TensorFlow 2.21): the graph of every training, with weights, moments and
    images, would stay in memory for as long as the process lives.
    """

    class OnOneDevice(kind):  # type: ignore[misc]
        """Take gradients as they are."""

        def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> Any:
            return list(grads_and_vars)

    # Keras names variables after the class.
    OnOneDevice.__name__ = kind.__name__
    return OnOneDevice


def _at_own_rates(kind: Any, rates: Mapping[int, float]) -> Any:
    """Derive an optimizer in which variables move at rates of their own.

    Scaling gradients would not do, since Adam divides by their size; Keras has no such rates,
    and what it calls for all variables of a step is called here for those of each rate.
    """

    class AtOwnRates(kind):  # type: ignore[misc]
        """Move each variable by its share of the step size."""

        def _backend_update_step(
            self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
        ) -> None:
            pairs = list(zip(grads, trainable_variables, strict=True))
            shares = [rates.get(id(variable), 1.0) for _, variable in pairs]
            for share in sorted(set(shares)):
                own = [pair for pair, its in zip(pairs, shares, strict=True) if its == share]
                super()._backend_update_step(
                    [gradient for gradient, _ in own],
                    [variable for _, variable in own],
                    learning_rate * share,
                )

    return AtOwnRates


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
