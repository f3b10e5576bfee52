"""`peu describe`: what an image set holds, and what is wrong with it."""

from peu.cli import options
from peu.cli.console import results, showing_progress, write_result
from peu.cli.handle_errors import handle_errors


@handle_errors
def describe_command(
    data: options.Data, as_json: options.AsJson = False, quiet: options.Quiet = False
) -> None:
    """Count the images of a set, and list what is wrong with it and what was set aside."""
    from peu.cli.description import show_description
    from peu.images.checks import describe_dataset
    from peu.images.loading import load_images

    with showing_progress(quiet=quiet):
        dataset = load_images(data)
        description = describe_dataset(dataset)
    if as_json:
        write_result({"format": 1, **description.to_dict()})
    else:
        show_description(description, results())
