"""Downloading against a local server that misbehaves in the ways real ones do."""

import hashlib
import http.server
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from peu.errors import ResourceError
from peu.images import download as downloading
from peu.images.download import download
from recorded_progress import recorded_progress

CONTENT = bytes(range(256)) * 4096
CHECKSUM = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """What the server gives, how it misbehaves, and what it was asked."""

    url: str = ""
    content: bytes = CONTENT
    etag: str | None = '"first"'
    ranges: bool = True
    break_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    shift: int = 0
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    state = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
            state.asked.append((wanted, condition))
            if state.statuses:
                self.send_error(state.statuses.pop(0))
                return
            start = 0
            fresh = condition is None or condition == state.etag
            if wanted and state.ranges and fresh:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= len(state.content):
                    self.send_error(416)
                    return
                self.send_response(206)
                last, whole = len(state.content) - 1, len(state.content)
                self.send_header("Content-Range", f"bytes {start + state.shift}-{last}/{whole}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(state.content) - start))
            if state.etag:
                self.send_header("ETag", state.etag)
            self.end_headers()
            end = start + state.break_after.pop(0) if state.break_after else None
            self.wfile.write(state.content[start:end])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the test's output clean."""

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(downloading, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(downloading, "_CHUNK_BYTES", 1 << 14)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_port}/set.bin?download=1"
        yield state
        server.shutdown()
        thread.join()


def _download(site: Site, path: Path, *, checksum: str = CHECKSUM) -> Path:
    return download(site.url, path, checksum=checksum, size=len(CONTENT), advice="Or do as told.")


def _left(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_whole_file_arrives_and_nothing_else_stays(site: Site, tmp_path: Path) -> None:
    with recorded_progress() as seen:
        path = download(
            site.url, tmp_path / "deep" / "set.bin", checksum=CHECKSUM, size=len(CONTENT)
        )
    told = seen.phases
    assert path.read_bytes() == CONTENT
    assert _left(path.parent) == ["set.bin"]
    assert told[-1] == ("downloading set.bin", len(CONTENT), len(CONTENT))
    steps = [done for _, done, _ in told]
    assert steps == sorted(steps)
    assert len(steps) > 2


def test_a_file_that_is_there_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set.bin").write_bytes(CONTENT)
    _download(site, tmp_path / "set.bin")
    assert site.asked == []


def test_a_wrong_file_that_is_there_is_refused_and_kept(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set.bin").write_bytes(b"something else")
    with pytest.raises(ResourceError, match="checksum is wrong"):
        _download(site, tmp_path / "set.bin")
    assert (tmp_path / "set.bin").read_bytes() == b"something else"
    assert site.asked == []


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    site.break_after = [100_000, 200_000]
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT
    assert site.asked == [
        (None, None),
        ("bytes=100000-", '"first"'),
        ("bytes=300000-", '"first"'),
    ]


def test_a_later_call_goes_on_where_an_earlier_one_stopped(site: Site, tmp_path: Path) -> None:
    site.break_after = [50_000, 0, 0, 0]
    with pytest.raises(ResourceError, match=r"broke off 4 times.*go on where it stopped"):
        _download(site, tmp_path / "set.bin")
    assert not (tmp_path / "set.bin").exists()
    assert (tmp_path / "set.bin.part").stat().st_size == 50_000
    site.asked.clear()
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT
    assert site.asked == [("bytes=50000-", '"first"')]
    assert _left(tmp_path) == ["set.bin"]


def test_a_server_that_ignores_ranges_starts_the_file_afresh(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    site.break_after = [70_000]
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT
    assert [wanted for wanted, _ in site.asked] == [None, "bytes=70000-"]


def test_a_file_that_changed_on_the_server_is_not_mixed_with_the_old(
    site: Site, tmp_path: Path
) -> None:
    site.content = CONTENT[::-1]
    site.break_after = [70_000, 0, 0, 0]
    with pytest.raises(ResourceError):
        _download(site, tmp_path / "set.bin")
    site.content, site.etag = CONTENT, '"second"'
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT


def test_a_server_without_tags_is_resumed_by_size_and_checked_by_checksum(
    site: Site, tmp_path: Path
) -> None:
    site.etag = None
    site.break_after = [70_000]
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT
    assert site.asked[1] == ("bytes=70000-", None)


def test_another_part_than_was_asked_for_is_thrown_away(site: Site, tmp_path: Path) -> None:
    site.break_after = [70_000]
    site.shift = 5
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT
    assert [wanted for wanted, _ in site.asked] == [None, "bytes=70000-", None]


def test_a_part_longer_than_the_file_is_thrown_away(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set.bin.part").write_bytes(CONTENT + b"more")
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT
    assert site.asked == [(None, None)]


def test_a_whole_part_needs_no_network(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set.bin.part").write_bytes(CONTENT)
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT
    assert site.asked == []


def test_a_range_that_is_refused_starts_the_file_afresh(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set.bin.part").write_bytes(CONTENT[:10])
    site.statuses = [416]
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT
    assert [wanted for wanted, _ in site.asked] == ["bytes=10-", None]


def test_a_wrong_checksum_deletes_what_arrived(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"checksum is wrong.*Or do as told\.") as caught:
        _download(site, tmp_path / "set.bin", checksum="md5:" + "0" * 32)
    assert "\n" not in str(caught.value)
    assert _left(tmp_path) == []


def test_more_bytes_than_expected_are_not_kept(site: Site, tmp_path: Path) -> None:
    site.content = CONTENT + b"more"
    with pytest.raises(ResourceError, match="sent more than"):
        _download(site, tmp_path / "set.bin")
    assert _left(tmp_path) == []


def test_404_says_what_to_do_at_once(site: Site, tmp_path: Path) -> None:
    site.statuses = [404]
    with pytest.raises(ResourceError, match=r"answered 404 Not Found\. Or do as told\."):
        _download(site, tmp_path / "set.bin")
    assert len(site.asked) == 1


def test_a_busy_server_is_asked_again(site: Site, tmp_path: Path) -> None:
    site.statuses = [503, 500]
    assert _download(site, tmp_path / "set.bin").read_bytes() == CONTENT


def test_a_refused_connection_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ResourceError, match=r"could not be reached.*Or do as told\.") as caught:
            download(
                f"http://127.0.0.1:{port}/set.bin",
                tmp_path / "set.bin",
                checksum=CHECKSUM,
                size=len(CONTENT),
                advice="Or do as told.",
            )
    assert "\n" not in str(caught.value)


def test_a_server_that_falls_silent_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(downloading, "_PAUSE_SECONDS", 0.0)
    with socket.socket() as silent_server:
        silent_server.bind(("127.0.0.1", 0))
        silent_server.listen()
        url = f"http://127.0.0.1:{silent_server.getsockname()[1]}/set.bin"
        with pytest.raises(ResourceError, match="timed out"):
            download(url, tmp_path / "set.bin", checksum=CHECKSUM, size=10)


def test_only_http_addresses_are_opened(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="http or https"):
        download(tmp_path.as_uri(), tmp_path / "set.bin", checksum=CHECKSUM, size=10)


def test_a_folder_that_cannot_be_made_is_a_resource_error(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceError, match="could not be written"):
        _download(site, tmp_path / "file" / "set.bin")
