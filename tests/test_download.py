import gzip
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fissura.data import Checksum, fetch
from fissura.data.download import part_of
from fissura.errors import DownloadError, OutputError, SettingsError
from fissura.language import language

CONTENT = np.random.default_rng(12).bytes(300_000)
WANTED = Checksum(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
PATIENCE_S = 1.0  # a loaded machine answers itself within it
StartMirror = Callable[..., Any]


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "file.bin"


def begin(destination: Path, content: bytes) -> None:
    destination.parent.mkdir()
    part_of(destination).write_bytes(content)


def failure(urls: list[str], destination: Path, wanted: Checksum = WANTED) -> str:
    with pytest.raises(DownloadError) as caught:
        fetch(urls, destination, wanted, give_up_s=PATIENCE_S)
    assert not destination.exists()
    return str(caught.value)


def test_a_file_arrives_whole_and_nothing_else_is_left(mirror: StartMirror, destination: Path) -> None:
    fetch([mirror({"file.bin": CONTENT}).url + "file.bin"], destination, WANTED)
    assert destination.read_bytes() == CONTENT
    assert list(destination.parent.iterdir()) == [destination]


def test_progress_counts_up_to_the_whole(mirror: StartMirror, destination: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    url = mirror({"file.bin": CONTENT}).url + "file.bin"
    fetch([url], destination, WANTED, lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert {total for _, total in seen} == {len(CONTENT)}
    assert seen[-1][0] == len(CONTENT)


def test_progress_without_an_announced_length_has_no_total(mirror: StartMirror, destination: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    url = mirror({"file.bin": CONTENT}, "unannounced").url + "file.bin"
    fetch([url], destination, WANTED, lambda done, total: seen.append((done, total)))
    assert destination.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), None)


def test_a_part_is_resumed_where_it_stopped(mirror: StartMirror, destination: Path) -> None:
    begin(destination, CONTENT[:100_000])
    server = mirror({"file.bin": CONTENT})
    seen: list[int] = []
    fetch([server.url + "file.bin"], destination, WANTED, lambda done, _: seen.append(done))
    assert server.ranges == ["bytes=100000-"]
    assert destination.read_bytes() == CONTENT
    assert min(seen) > 100_000


def test_a_mirror_that_cannot_resume_starts_again(mirror: StartMirror, destination: Path) -> None:
    begin(destination, b"x" * 100_000)
    fetch([mirror({"file.bin": CONTENT}, "no ranges").url + "file.bin"], destination, WANTED)
    assert destination.read_bytes() == CONTENT


def test_a_complete_part_needs_only_the_mirrors_word_that_nothing_is_left(
    mirror: StartMirror, destination: Path
) -> None:
    begin(destination, CONTENT)
    server = mirror({"file.bin": CONTENT})
    fetch([server.url + "file.bin"], destination, WANTED)
    assert server.ranges == [f"bytes={len(CONTENT)}-"]
    assert destination.read_bytes() == CONTENT


@pytest.mark.parametrize("start", [b"x" * 1000, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 1)])
def test_a_wrong_part_is_thrown_away_and_fetched_again(mirror: StartMirror, destination: Path, start: bytes) -> None:
    begin(destination, start)
    server = mirror({"file.bin": CONTENT})
    fetch([server.url + "file.bin"], destination, WANTED)
    assert server.ranges == [f"bytes={len(start)}-", None]
    assert destination.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_can_be_is_not_resumed(mirror: StartMirror, destination: Path) -> None:
    begin(destination, bytes(WANTED.largest_file_bytes + 1))
    server = mirror({"file.bin": CONTENT})
    fetch([server.url + "file.bin"], destination, WANTED)
    assert server.ranges == [None]


def test_a_mirror_that_sends_another_range_is_left(mirror: StartMirror, destination: Path) -> None:
    begin(destination, CONTENT[:1000])
    assert "sent another part" in failure([mirror({"file.bin": CONTENT}, "wrong range").url + "file.bin"], destination)
    assert part_of(destination).read_bytes() == CONTENT[:1000]


def test_a_broken_connection_keeps_the_part_and_the_next_call_goes_on(mirror: StartMirror, destination: Path) -> None:
    bad = mirror({"file.bin": CONTENT}, "cuts", cut_bytes=70_000)
    assert "broke off after 70000 bytes" in failure([bad.url + "file.bin"], destination)
    assert part_of(destination).read_bytes() == CONTENT[:70_000]
    good = mirror({"file.bin": CONTENT})
    fetch([good.url + "file.bin"], destination, WANTED)
    assert good.ranges == ["bytes=70000-"]
    assert destination.read_bytes() == CONTENT


def test_a_mirror_that_falls_silent_is_left_for_one_that_does_not(mirror: StartMirror, destination: Path) -> None:
    stalling = mirror({"file.bin": CONTENT}, "stalls", cut_bytes=70_000)
    assert "fell silent" in failure([stalling.url + "file.bin"], destination)
    good = mirror({"file.bin": CONTENT})
    fetch([stalling.url + "file.bin", good.url + "file.bin"], destination, WANTED, give_up_s=PATIENCE_S)
    assert destination.read_bytes() == CONTENT


def test_an_interruption_keeps_the_part(mirror: StartMirror, destination: Path) -> None:
    def interrupt(done: int, _: int | None) -> None:
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch([mirror({"file.bin": CONTENT}).url + "file.bin"], destination, WANTED, interrupt)
    kept = part_of(destination).read_bytes()
    assert len(kept) > 100_000
    assert CONTENT.startswith(kept)


def test_wrong_content_is_removed_and_the_next_mirror_asked(mirror: StartMirror, destination: Path) -> None:
    login = mirror({"file.bin": b"<html>Please log in</html>"})
    assert "wrong content" in failure([login.url + "file.bin"], destination)
    assert list(destination.parent.iterdir()) == []
    good = mirror({"file.bin": CONTENT})
    fetch([login.url + "file.bin", good.url + "file.bin"], destination, WANTED)
    assert destination.read_bytes() == CONTENT


@pytest.mark.parametrize("behaviour", ["good", "endless"])
def test_more_bytes_than_the_file_can_have_are_not_stored(
    mirror: StartMirror, destination: Path, behaviour: str
) -> None:
    server = mirror({"file.bin": CONTENT * 2}, behaviour)
    assert "more than the" in failure([server.url + "file.bin"], destination)
    assert not part_of(destination).exists()


def test_the_checksum_is_that_of_the_content_however_it_is_compressed(mirror: StartMirror, destination: Path) -> None:
    for level in (1, 9):
        zipped = gzip.compress(CONTENT, level)
        fetch([mirror({"file.bin": zipped}).url + "file.bin"], destination, WANTED)
        assert destination.read_bytes() == zipped


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CONTENT)[:-20],
        gzip.compress(CONTENT)[:200] + b"\xff" * 1000,
        gzip.compress(CONTENT + bytes(50_000_000), 9),
        gzip.compress(CONTENT[:-1]),
        CONTENT[:-1] + b"?",
    ],
    ids=["truncated", "broken", "bomb", "shorter", "changed"],
)
def test_a_damaged_file_does_not_match(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert not WANTED.matches(tmp_path / "file")


def test_a_refused_connection_fails_at_once(refused_url: str, destination: Path) -> None:
    start = time.monotonic()
    with pytest.raises(DownloadError, match="Connection refused"):
        fetch([refused_url], destination, WANTED, give_up_s=60)
    assert time.monotonic() - start < 5
    assert not destination.parent.exists()


def test_mirrors_that_do_not_answer_are_given_up_together_and_not_one_after_the_other(
    deaf_url: str, mirror: StartMirror, destination: Path
) -> None:
    start = time.monotonic()
    urls = [f"{url}{number}" for url in (deaf_url, mirror({}, "silent").url) for number in range(5)]
    said = failure(urls, destination)
    assert said.count("no answer within 1 s") + said.count("fell silent") == len(urls)
    assert time.monotonic() - start < len(urls) * PATIENCE_S / 2
    assert not destination.parent.exists()


def test_a_name_server_that_hangs_is_given_up_too(
    monkeypatch: pytest.MonkeyPatch, hanging_look_up: Callable[..., Any], destination: Path
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", hanging_look_up)
    start = time.monotonic()
    assert "mirror.example: no answer within 1 s" in failure(["http://mirror.example/file.bin"], destination)
    assert time.monotonic() - start < 5 * PATIENCE_S


def test_why_no_mirror_answers_is_said_in_the_reader_s_language(
    monkeypatch: pytest.MonkeyPatch, refused_url: str, destination: Path
) -> None:
    def not_found(host: str, *others: Any) -> Any:
        if host == "mirror.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *others)

    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", not_found)
    with pytest.raises(DownloadError) as raised:
        fetch(["http://mirror.example/file.bin", refused_url], destination, WANTED, give_up_s=60)
    assert "mirror.example: its name is not found; " in str(raised.value)
    french = language("fr").error(raised.value)
    assert "mirror.example: nom introuvable; " in french
    assert "connexion refusée" in french


@pytest.fixture
def hanging_look_up() -> Iterator[Callable[..., Any]]:
    over = threading.Event()

    def look_up(*_: object) -> Any:
        over.wait()
        raise socket.gaierror("the test is over")

    yield look_up
    over.set()


def test_one_mirror_that_answers_is_enough(
    deaf_url: str, refused_url: str, mirror: StartMirror, destination: Path
) -> None:
    start = time.monotonic()
    urls = [
        deaf_url,
        refused_url,
        mirror({}, "missing").url + "file.bin",
        mirror({"file.bin": CONTENT}).url + "file.bin",
    ]
    fetch(urls, destination, WANTED, give_up_s=60)
    assert time.monotonic() - start < 5
    assert destination.read_bytes() == CONTENT


def test_the_sentence_names_each_mirror_and_its_reason(
    refused_url: str, mirror: StartMirror, destination: Path
) -> None:
    said = failure([refused_url, mirror({}, "missing").url + "file.bin"], destination)
    assert said.startswith("file.bin could not be downloaded (127.0.0.1:")
    assert "Connection refused; 127.0.0.1:" in said
    assert "HTTP 404)" in said


def test_a_redirection_to_another_protocol_is_not_followed(mirror: StartMirror, destination: Path) -> None:
    assert "unknown url type: ftp" in failure([mirror({}, "elsewhere").url], destination)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/file", "/etc/passwd", "http://", ""])
def test_only_web_addresses_are_accepted(url: str, destination: Path) -> None:
    with pytest.raises(SettingsError, match="only URLs that start with"):
        fetch([url], destination, WANTED)


def test_a_second_run_leaves_a_file_to_the_one_that_brings_it(mirror: StartMirror, destination: Path) -> None:
    url, refused = mirror({"file.bin": CONTENT}).url + "file.bin", []

    def begin_again(_done: int, _total: int | None) -> None:
        if not refused:
            with pytest.raises(OutputError, match="another run") as caught:
                fetch([url], destination, WANTED)
            refused.append(caught)

    fetch([url], destination, WANTED, begin_again)
    assert refused
    assert destination.read_bytes() == CONTENT
    assert list(destination.parent.iterdir()) == [destination]


def test_without_any_mirror_the_error_says_so(destination: Path) -> None:
    with pytest.raises(SettingsError, match="no mirror was named"):
        fetch([], destination, WANTED)


def test_a_file_where_the_folder_should_be_is_an_output_error(mirror: StartMirror, destination: Path) -> None:
    destination.parent.write_bytes(b"")
    with pytest.raises(OutputError, match=r"a file stands where a folder is needed.*--data-dir"):
        fetch([mirror({"file.bin": CONTENT}).url + "file.bin"], destination, WANTED)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_an_output_error(mirror: StartMirror, destination: Path) -> None:
    destination.parent.mkdir()
    part_of(destination).symlink_to("/dev/full")
    with pytest.raises(OutputError, match="the disk is full"):
        fetch([mirror({"file.bin": CONTENT}).url + "file.bin"], destination, WANTED)
