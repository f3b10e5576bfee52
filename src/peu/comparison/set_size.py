"""What recipes make of very many images: said before an hour is spent on finding out."""

from collections.abc import Sequence

from peu.classifiers.base import ImageClassifier
from peu.errors import ResourceError
from peu.wording import first_few


def about_set_size(recipes: Sequence[ImageClassifier], count: int) -> tuple[str, ...]:
    """Which recipes cannot learn from so many images, or take long, in a sentence each.

    Args:
        recipes: that are to be compared.
        count: of images that a trial learns from.

    Returns:
        Sentences; none where all are quick.

    Raises:
        ResourceError: none of the recipes can.
    """
    found = []
    unable = [each for each in recipes if each.most_images and count > each.most_images]
    if recipes and len(unable) == len(recipes):
        most = max(each.most_images or 0 for each in unable)
        raise ResourceError(
            f"{first_few([each.name for each in unable])} must learn from at most {most:,} images. "
            f"Received: {count:,} in a trial. Add `transfer` to --recipes, or take fewer images."
        )
    for recipe in recipes:
        if recipe in unable:
            found.append(
                f"{recipe.name} is left out: it takes at most {recipe.most_images:,} images, and a "
                f"trial learns from {count:,}."
            )
        elif recipe.minutes_from and count > recipe.minutes_from:
            found.append(
                f"{recipe.name} takes minutes a trial: its time grows with the square of the "
                f"images, and a trial learns from {count:,}. Leave it out, or set --time-limit."
            )
    return tuple(found)
