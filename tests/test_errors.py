"""Every error that a user can mend has an exit code of its own."""

import pytest

from peu.errors import BundleError, DataError, PeuError, RecipeError, ResourceError


@pytest.mark.parametrize(
    ("error", "code"),
    [(PeuError, 1), (RecipeError, 2), (DataError, 3), (BundleError, 4), (ResourceError, 5)],
)
def test_exit_codes_are_the_documented_ones(error: type[PeuError], code: int) -> None:
    assert error.exit_code == code
    assert issubclass(error, PeuError)


def test_a_wrong_setting_is_a_wrong_value() -> None:
    with pytest.raises(ValueError, match="too many"):
        raise RecipeError("too many")
