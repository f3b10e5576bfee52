"""Settings declared once: a type, bounds and a line of text give everything else.

A class of settings is a pydantic dataclass. From its fields come the constructor, the checks with
their messages, JSON, `--set RECIPE.SETTING=VALUE`, `peu recipes` and scikit-learn's parameters.
"""

import dataclasses
import difflib
import functools
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, dataclass_transform, get_type_hints

import pydantic
from pydantic import Field
from pydantic.dataclasses import dataclass as pydantic_dataclass

from peu.errors import RecipeError
from peu.errors import check_setting as check_setting  # noqa: PLC0414 - named here too

T = TypeVar("T")

_CONFIG = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True, strict=True)
_LONGEST = 80


@dataclass_transform(kw_only_default=True, field_specifiers=(Field, dataclasses.field))
def settings(*, frozen: bool = False) -> Callable[[type[T]], type[T]]:
    """Turn a class into a checked dataclass of settings.

    Fields are keyword-only. A wrong value raises `RecipeError` with one sentence that says what
    was expected, what was received and what to try.

    Args:
        frozen: whether instances are hashable and never change; what is nested in a recipe is.

    Example:
        >>> @settings()
        ... class Squares:
        ...     side: Annotated[int, Field(ge=1, description="Side in pixels.")] = 8
        >>> Squares(side=0)
        Traceback (most recent call last):
        peu.errors.RecipeError: `side` must be greater than or equal to 1. Received: 0. Try 8.
    """

    def decorate(cls: type[T]) -> type[T]:
        made = pydantic_dataclass(config=_CONFIG, kw_only=True, frozen=frozen, repr=False)(cls)
        checked = made.__init__

        @functools.wraps(checked)
        def init(self: Any, **given: Any) -> None:
            try:
                checked(self, **given)
            except pydantic.ValidationError as error:
                raise _refusal(made, error) from None

        made.__init__ = init  # type: ignore[method-assign]
        if "__repr__" not in cls.__dict__:
            made.__repr__ = _changed_only  # type: ignore[method-assign]
        return made  # type: ignore[return-value]

    return decorate


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting as people read it.

    Attributes:
        name: as in the constructor; of a nested setting, with dots: "training.epochs".
        values: its type and bounds, in a few words.
        default: as JSON.
        description: one line.
    """

    name: str
    values: str
    default: str
    description: str


def list_settings(cls: type, prefix: str = "") -> tuple[Setting, ...]:
    """List the settings of a class, those of nested settings after their own name and a dot.

    Args:
        cls: decorated with `settings`.
        prefix: put before every name.
    """
    properties = pydantic.TypeAdapter(cls).json_schema()["properties"]
    usual = cls()
    found: list[Setting] = []
    for field in dataclasses.fields(usual):
        default = getattr(usual, field.name)
        if dataclasses.is_dataclass(default):
            nested = list_settings(type(default), f"{prefix}{field.name}.")
            own = {f"{prefix}{field.name}.{name}": each for name, each in _as_json(default).items()}
            found += [dataclasses.replace(one, default=json.dumps(own[one.name])) for one in nested]
            continue
        schema = properties[field.name]
        found.append(
            Setting(
                name=f"{prefix}{field.name}",
                values=_values(schema),
                default=json.dumps(_as_json(default)),
                description=str(schema.get("description", "")),
            )
        )
    return tuple(found)


def settings_to_dict(value: Any) -> dict[str, Any]:
    """Turn settings into what JSON can hold."""
    found: dict[str, Any] = pydantic.TypeAdapter(type(value)).dump_python(value, mode="json")
    return found


def settings_from_dict(cls: type[T], value: dict[str, Any]) -> T:
    """Make settings from `settings_to_dict`'s form, or from part of it; the rest are defaults.

    Raises:
        RecipeError: an unknown setting, or a value of the wrong type or out of its range.
    """
    adapter: pydantic.TypeAdapter[T] = pydantic.TypeAdapter(cls)
    try:
        # As JSON, since a list there may stand for a tuple, and nothing else is lenient.
        return adapter.validate_json(json.dumps(_merged(cls, value)))
    except pydantic.ValidationError as error:
        raise _refusal(cls, error) from None


def parse_value(text: str) -> Any:
    """Read a setting's value as a command line gives it: JSON, a list with commas, or text.

    Example:
        >>> parse_value("8,16"), parse_value("auto"), parse_value("0.5"), parse_value("null")
        ([8, 16], 'auto', 0.5, None)
    """
    if text == "None":
        return None
    for attempt in (text, f"[{text}]") if "," in text else (text,):
        try:
            return json.loads(attempt)
        except (ValueError, RecursionError):
            continue
    return text


def changed_settings(value: Any) -> dict[str, Any]:
    """The settings that differ from their defaults."""
    usual = type(value)()
    return {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != getattr(usual, field.name)
    }


def _changed_only(self: Any) -> str:
    given = ", ".join(f"{name}={each!r}" for name, each in changed_settings(self).items())
    return f"{type(self).__name__}({given})"


def _merged(cls: type, value: Any) -> Any:
    """Complete nested settings by this class's defaults, which may not be the nested class's."""
    if not isinstance(value, dict):
        return value
    usual = cls()
    merged = dict(value)
    for name, given in value.items():
        default = getattr(usual, name, None)
        if isinstance(given, dict) and dataclasses.is_dataclass(default):
            merged[name] = {**settings_to_dict(default), **given}
    return merged


def _refusal(cls: type, error: pydantic.ValidationError) -> RecipeError:
    """One sentence about the first bad setting: expected, received, what to do."""
    found = error.errors(include_url=False)
    first = found[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, RecipeError):
        return cause
    names, owner = _setting_path(cls, first["loc"])
    if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        known = [field.name for field in dataclasses.fields(owner)]
        unknown = str(first["loc"][-1])
        near = difflib.get_close_matches(unknown, known, 1)
        hint = f"Did you mean `{near[0]}`?" if near else f"It has: {', '.join(known)}."
        return RecipeError(
            f"{owner.__name__} must be given settings that it has. Received: `{unknown}`. {hint}"
        )
    path = ".".join(names) or cls.__name__
    # A union gives one error a member; each says what that member would take.
    same = [each for each in found if _setting_path(cls, each["loc"])[0] == names]
    wanted = " or ".join(dict.fromkeys(_expected(each["msg"]) for each in same))
    received = repr(first["input"])
    if len(received) > _LONGEST:
        received = f"{received[:_LONGEST]}..."
    return RecipeError(f"`{path}` must {wanted}. Received: {received}. {_advice(owner, names)}")


def _expected(message: str) -> str:
    # Pydantic says "Input should be ..." or "Tuple should have ...", and puts this before ours.
    subject, _, wanted = message.removeprefix("Value error, ").partition(" should ")
    if wanted and " " not in subject:
        return wanted
    if message.startswith("Value error, "):
        return subject
    return f"be valid ({message[0].lower()}{message[1:]})"


def _setting_path(cls: type, location: Sequence[int | str]) -> tuple[list[str], type]:
    """Follow a location through nested settings; what lies within one setting is left out."""
    names: list[str] = []
    owner = cls
    for part in location:
        if not dataclasses.is_dataclass(owner):
            break
        if part not in {field.name for field in dataclasses.fields(owner)}:
            break
        names.append(str(part))
        nested = get_type_hints(owner)[str(part)]
        if not (isinstance(nested, type) and dataclasses.is_dataclass(nested)):
            return names, owner
        owner = nested
    return names, owner


def _advice(owner: type, names: list[str]) -> str:
    default = getattr(owner(), names[-1], None) if names else None
    return "Leave it out." if default is None else f"Try {default!r}."


def _as_json(value: Any) -> Any:
    return pydantic.TypeAdapter(Any).dump_python(value, mode="json")


def _values(schema: dict[str, Any]) -> str:
    """Put a JSON schema's type and bounds into a few words."""
    if "anyOf" in schema:
        return " or ".join(_values(each) for each in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return " or ".join(json.dumps(each) for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        return f"list of {_values(items[0])}"
    words = {"integer": "integer", "number": "number", "string": "text", "boolean": "true or false"}
    text = words.get(str(schema.get("type")), str(schema.get("type", "any")))
    bounds = [
        f"{sign} {schema[key]:g}"
        for key, sign in (
            ("minimum", ">="),
            ("exclusiveMinimum", ">"),
            ("maximum", "<="),
            ("exclusiveMaximum", "<"),
        )
        if key in schema
    ]
    return f"{text} {', '.join(bounds)}".strip()
