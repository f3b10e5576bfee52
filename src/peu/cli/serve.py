"""`peu serve`: saved models behind HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import remark
from peu.cli.handle_errors import handle_errors
from peu.errors import ResourceError
from peu.wording import first_few, quoted

_ACCESS = "Who may ask"
_LIMITS = "Limits"


@handle_errors
def serve_command(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Folders of saved models; the first answers where none is named. NAME=FOLDER "
            "gives one another name than its folder's.",
            show_default=False,
        ),
    ],
    port: Annotated[
        int, typer.Option("--port", "-p", help="Port to listen on; 0 is any that is free.")
    ] = 8000,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            help="Address to listen on; 0.0.0.0 is all, and needs a key.",
            rich_help_panel=_ACCESS,
        ),
    ] = "127.0.0.1",
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            "--api-key-file",
            metavar="FILE",
            help="A file that holds the key which requests must bring. Or set PEU_API_KEY.",
            rich_help_panel=_ACCESS,
            show_default=False,
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="A further name that requests may address this server by; * is any.",
            rich_help_panel=_ACCESS,
            show_default=False,
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            metavar="URL",
            help="A site whose pages may post, as https://example.org.",
            rich_help_panel=_ACCESS,
            show_default=False,
        ),
    ] = None,
    max_bytes: Annotated[
        int, typer.Option("--max-bytes", help="Of a request.", rich_help_panel=_LIMITS)
    ] = 32 << 20,
    max_pixels: Annotated[
        int,
        typer.Option(
            "--max-pixels",
            help="Of an image.",
            rich_help_panel=_LIMITS,
        ),
    ] = 25_000_000,
    max_images: Annotated[
        int, typer.Option("--max-images", help="Of a request.", rich_help_panel=_LIMITS)
    ] = 32,
    max_requests: Annotated[
        int, typer.Option("--max-requests", help="Answered at once.", rich_help_panel=_LIMITS)
    ] = 64,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            help="Seconds for a request to arrive, and for its answer.",
            rich_help_panel=_LIMITS,
        ),
    ] = 30.0,
    quiet: options.Quiet = False,
) -> None:
    """Answer over HTTP: POST /predict, the Open Inference Protocol, a page to try at /.

    A model whose folder changes is read anew; the old one answers until the new one holds. SIGTERM
    or Ctrl-C finishes what was begun.
    """
    try:
        from peu.service.server import serve
    except ImportError as error:
        raise ResourceError(
            f"`peu serve` needs FastAPI and uvicorn. Received: no module {error.name!r}. Run "
            '`pip install "peu[service]"`, or `pip install ".[service]"` in a checkout.'
        ) from error
    from peu.service.application import create_app
    from peu.service.models import ServedModels, name_models
    from peu.service.server import address, listen
    from peu.service.settings import Limits, ServiceSettings, read_api_key

    limits = Limits(
        request_bytes=max_bytes,
        pixels=max_pixels,
        images=max_images,
        requests=max_requests,
        seconds=timeout,
    )
    settings = ServiceSettings(
        host=host,
        port=port,
        api_key=read_api_key(api_key_file),
        allowed_hosts=tuple(allow_host or ()),
        allowed_origins=tuple(allow_origin or ()),
        limits=limits,
    )
    served = ServedModels(name_models(models), lambda line: remark(line, quiet=quiet))
    with listen(settings) as listening:
        for model in served:
            names = model.predictor.class_names
            remark(f"{quoted(model.name)}: {len(names)} classes ({first_few(names)})", quiet=quiet)
        where = address(listening, host)
        remark(f"Serving at {where} ({where}docs says how to ask). Ctrl-C ends it.", quiet=quiet)
        serve(create_app(served, settings), listening, settings)
    remark("Ended; what was begun is answered.", quiet=quiet)
