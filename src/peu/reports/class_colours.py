"""A colour for each class, which serves a light page and a dark one."""

import colorsys

# Distinguished by lightness as well as by hue.
_TEN = (
    "#3b6fb6",
    "#e08214",
    "#2d8a4e",
    "#c0392b",
    "#7d4fa8",
    "#8c6239",
    "#d45a9c",
    "#6b7280",
    "#a3a300",
    "#17a3b8",
)
_GOLDEN = 0.381966
_LIGHTNESS = (0.38, 0.52, 0.64)
_SATURATION = (0.7, 0.45)


def class_colours(count: int) -> tuple[str, ...]:
    """Give so many colours; up to ten are chosen by hand, more are spread over the wheel.

    Example:
        >>> class_colours(2)
        ('#3b6fb6', '#e08214')
    """
    if count <= len(_TEN):
        return _TEN[:count]
    return tuple(
        _hexadecimal(index * _GOLDEN % 1, _LIGHTNESS[index % 3], _SATURATION[index % 2])
        for index in range(count)
    )


def _hexadecimal(hue: float, lightness: float, saturation: float) -> str:
    parts = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)
