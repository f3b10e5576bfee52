"""Fetch one large file over the network: resumed where it stopped, used only when it is right."""

import contextlib
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from peu.errors import ResourceError
from peu.files import open_regular
from peu.progress import report

_CHUNK_BYTES = 1 << 18
_ATTEMPTS = 4
_PAUSE_SECONDS = 1.0
_TIMEOUT_SECONDS = 30.0


class _TransferError(Exception):
    """A transfer broke off in a way that another attempt may mend."""


def download(
    url: str,
    path: Path,
    *,
    checksum: str,
    size: int,
    advice: str = "",
) -> Path:
    """Download one file to `path`, or leave there what was there.

    Bytes go to `path` with `.part` added. A transfer that breaks off is taken up again where it
    stopped, now or by a later call. The file gets its name once its checksum holds.

    Args:
        url: http or https.
        path: where the file goes; its folder is made if missing. A file that is there already
            is checked and not fetched again.
        checksum: algorithm, colon, hexadecimal digest, for example "sha256:9f86...".
        size: of the file in bytes.
        advice: what the user can do instead, for the error messages; one line.

    Returns:
        `path`.

    Raises:
        ResourceError: no network, a server that refuses, a transfer that keeps breaking off, a
            wrong checksum, a full disk.
    """
    if not url.startswith(("https://", "http://")):
        raise ResourceError(
            f"Expected an http or https address. Received `{url}`. {advice}".strip()
        )
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        if not _matches(path, checksum):
            raise ResourceError(
                f"`{path}` is not the file that {url} should give: its checksum is wrong. "
                "Delete it and run the same command again."
            )
        return path
    part = path.with_name(path.name + ".part")
    _complete(url, part, size, advice)
    if not _matches(part, checksum):
        _discard(part)
        raise ResourceError(
            f"The file from {url} is damaged or not the one expected: its checksum is wrong. It "
            f"was deleted; run the same command again to download it afresh. {advice}".strip()
        )
    with _writing(path):
        part.replace(path)
        _validator_of(part).unlink(missing_ok=True)
    return path


def _complete(url: str, part: Path, size: int, advice: str) -> None:
    reason: Exception | None = None
    for attempt in range(_ATTEMPTS):
        have = part.stat().st_size if part.exists() else 0
        if have == size:
            return
        if have > size:
            _discard(part)
            have = 0
        if attempt:
            time.sleep(_PAUSE_SECONDS * 2 ** (attempt - 1))
        try:
            _transfer(url, part, have, size)
        except urllib.error.HTTPError as error:
            error.close()
            _check_worth_another(error, url, part, advice)
            reason = error
        except urllib.error.URLError as error:
            raise ResourceError(
                f"{url} could not be reached: {_one_line(error)}. "
                f"Check the network and run the same command again. {advice}".strip()
            ) from error
        except (_TransferError, http.client.HTTPException, OSError) as error:
            reason = error
        else:
            return
    raise ResourceError(
        f"The download of {url} broke off {_ATTEMPTS} times: {_one_line(reason)}. "
        f"Run the same command again to go on where it stopped. {advice}".strip()
    ) from reason


def _check_worth_another(error: urllib.error.HTTPError, url: str, part: Path, advice: str) -> None:
    """Go on after an answer that may change, and stop at one that will not."""
    if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        _discard(part)
    elif error.code < http.HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ResourceError(
            f"{url} could not be downloaded: the server answered {error.code} "
            f"{_one_line(error.reason)}. {advice}".strip()
        ) from error


def _transfer(url: str, part: Path, have: int, size: int) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "peu"})  # noqa: S310 - http(s) only
    validator = _validator_of(part)
    if have:
        request.add_header("Range", f"bytes={have}-")
        with contextlib.suppress(OSError):
            request.add_header("If-Range", validator.read_text(encoding="ascii"))
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
        resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
        if resumed and response.headers.get("Content-Range") != f"bytes {have}-{size - 1}/{size}":
            _discard(part)
            raise _TransferError("the server sent another part of the file than was asked for")
        done = have if resumed else 0
        with _writing(part):
            stream: BinaryIO = part.open("ab" if resumed else "wb")
        with stream:
            _remember(validator, response.headers.get("ETag"))
            while chunk := response.read(_CHUNK_BYTES):
                done += len(chunk)
                if done > size:
                    _too_long(part, stream)
                with _writing(part):
                    stream.write(chunk)
                    stream.flush()
                report(f"downloading {url.rsplit('/', 1)[-1].partition('?')[0]}", done, size)
    if done < size:
        raise _TransferError(f"{done} of {size} bytes arrived")


def _too_long(part: Path, stream: BinaryIO) -> None:
    stream.close()
    _discard(part)
    raise ResourceError(
        f"The server sent more than the file it should: `{part.stem}` was not kept. "
        "The address may lead to another file by now; download it by hand and check it."
    )


def _remember(validator: Path, tag: str | None) -> None:
    """Store the server's name for this version of the file, to resume no other version."""
    with _writing(validator):
        if tag and tag.isascii() and not tag.startswith("W/"):
            validator.write_text(tag, encoding="ascii")
        else:
            validator.unlink(missing_ok=True)


def _validator_of(part: Path) -> Path:
    return part.with_name(part.name + ".tag")


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator_of(part).unlink(missing_ok=True)


def _matches(path: Path, checksum: str) -> bool:
    algorithm, _, expected = checksum.partition(":")
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open_regular(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == expected


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Report a full or read-only disk as such: a broken network is an `OSError` too."""
    try:
        yield
    except OSError as error:
        raise ResourceError(
            f"`{path}` could not be written: {error.strerror or error}. "
            "Check that the disk has room and that you may write there."
        ) from error
