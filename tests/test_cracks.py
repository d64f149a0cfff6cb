import base64
import hashlib
import io
import json
import logging
import os
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from fissura.data import cracks
from fissura.data import kaggle as client
from fissura.data.cracks import find_cracks, get_cracks
from fissura.data.filling import only_run
from fissura.data.kaggle import HANDLE, PAGE
from fissura.errors import DataError, DownloadError, OutputError
from fissura.files import make_folder
from fissura.language import language


def filled(folder: Path, negative: str = "Negative", positive: str = "Positive", n: int = 3) -> Path:
    for name in (negative, positive):
        (folder / name).mkdir(parents=True)
        for index in range(n):
            (folder / name / f"{index:05d}.jpg").write_bytes(b"image")
    return folder


def packed(path: Path, top: str = "", n: int = 3, size: int = 2_000) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("Negative", "Positive"):
            for index in range(n):
                archive.writestr(f"{top}{name}/{index:05d}.jpg", os.urandom(size))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# What lies there already


@pytest.mark.parametrize("name", ["surface-crack-detection", "cracks", "metu", "METU", "Surface-Crack-Detection"])
def test_each_usual_folder_is_found_whatever_its_capitals(tmp_path: Path, name: str) -> None:
    folder = filled(tmp_path / name, "NEGATIVE", "positive")
    assert find_cracks(tmp_path) == folder
    assert get_cracks(tmp_path).counts == (3, 3)


@pytest.mark.parametrize("below", ["versions/1", "a/b/c", "Concrete Crack Images"])
def test_the_classes_are_found_a_few_folders_deeper(tmp_path: Path, below: str) -> None:
    assert find_cracks(tmp_path) is None
    folder = filled(tmp_path / "metu" / below)
    assert find_cracks(tmp_path) == folder


def test_the_folder_with_the_classes_may_be_named_itself(tmp_path: Path) -> None:
    assert find_cracks(filled(tmp_path)) == tmp_path


def test_a_folder_is_preferred_to_an_archive_and_other_names_are_passed_over(tmp_path: Path) -> None:
    packed(tmp_path / "other.zip")
    filled(tmp_path / "other")
    assert find_cracks(tmp_path) is None
    packed(tmp_path / "Archive.ZIP")
    assert find_cracks(tmp_path) == tmp_path / "Archive.ZIP"
    folder = filled(tmp_path / "cracks")
    assert find_cracks(tmp_path) == folder


def test_two_places_with_the_classes_are_no_place(tmp_path: Path) -> None:
    for part in ("train", "test"):
        filled(tmp_path / "cracks" / part)
    assert find_cracks(tmp_path) is None
    with pytest.raises(DataError, match="neither itself nor in one place below"):
        get_cracks(tmp_path, archive=tmp_path / "cracks")


def test_links_in_circles_end(tmp_path: Path) -> None:
    (tmp_path / "metu").mkdir()
    (tmp_path / "metu" / "again").symlink_to(tmp_path / "metu")
    assert find_cracks(tmp_path) is None


def test_nothing_is_in_a_folder_that_is_not_there_and_a_file_is_told(tmp_path: Path) -> None:
    assert find_cracks(tmp_path / "none") is None
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be listed"):
        find_cracks(tmp_path / "file")


def test_the_part_at_hand_is_used_with_a_note(real_data: Callable[[str], Path]) -> None:
    folder = real_data("metu")
    assert find_cracks(folder.parent) == folder
    found = get_cracks(folder.parent)
    assert (found.folder, found.counts) == (folder, (16001, 16003))
    assert "16001 images without a crack and 16003 with one; the whole set has 20000 of each" in str(found.note)


def test_the_whole_set_needs_no_note_and_a_part_none_when_it_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    assert get_cracks(tmp_path, expected=False).note is None
    assert get_cracks(tmp_path).note is not None
    monkeypatch.setattr(cracks, "PER_CLASS", 3)
    assert get_cracks(tmp_path).note is None


def test_an_empty_class_is_an_error(tmp_path: Path) -> None:
    filled(tmp_path)
    for path in (tmp_path / "Positive").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="holds 3 images without a crack and 0 with one"):
        get_cracks(tmp_path)


# An archive or a folder by hand


@pytest.mark.parametrize("top", ["", "Concrete Crack Images/"])
def test_an_archive_is_unpacked_into_its_place_and_stays_where_it_was(tmp_path: Path, top: str) -> None:
    archive = packed(tmp_path / "mine.zip", top)
    data = tmp_path / "data"
    found = get_cracks(data, archive=archive)
    assert found.folder == data / "surface-crack-detection" / top
    assert found.counts == (3, 3)
    assert names(data) == ["surface-crack-detection"]
    assert archive.exists()
    assert find_cracks(data) == found.folder


def test_a_waiting_archive_is_unpacked(tmp_path: Path) -> None:
    packed(tmp_path / "archive.zip")
    assert get_cracks(tmp_path).folder == tmp_path / "surface-crack-detection"


def test_a_folder_given_is_used_where_it_is(tmp_path: Path) -> None:
    folder = filled(tmp_path / "elsewhere" / "x")
    assert get_cracks(tmp_path / "data", archive=tmp_path / "elsewhere").folder == folder
    assert names(tmp_path) == ["elsewhere"]


def test_an_archive_of_something_else_leaves_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("cats/1.jpg", b"1")
    for _ in range(2):
        with pytest.raises(DataError, match=r"archive\.zip does not hold one folder Negative and one folder Positive"):
            get_cracks(tmp_path)
        assert names(tmp_path) == ["archive.zip"]


def test_an_archive_does_not_replace_what_is_in_its_place(tmp_path: Path) -> None:
    archive = packed(tmp_path / "mine.zip")
    (tmp_path / "surface-crack-detection").mkdir()
    (tmp_path / "surface-crack-detection" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="already holds something"):
        get_cracks(tmp_path, archive=archive)
    assert names(tmp_path) == ["mine.zip", "surface-crack-detection"]


# From Kaggle: its real client against a server on this machine


@dataclass
class Kaggle:
    """What the server answers, and what it was asked."""

    archive: bytes
    status: int = 200
    cut_bytes: int | None = None
    silent: bool = False
    wrong_sum: bool = False
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def answering(kaggle: Kaggle) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            kaggle.asked.append(self.path.rpartition("/")[2])
            if kaggle.silent:
                kaggle.over.wait()
            elif kaggle.status != 200:
                body = json.dumps({"code": kaggle.status, "message": "no\nway"}).encode()
                self._head(kaggle.status, {"Content-Type": "application/json", "Content-Length": str(len(body))}, body)
            elif self.path.endswith("/GetDataset"):
                body = json.dumps({"currentVersionNumber": 2}).encode()
                self._head(200, {"Content-Type": "application/json", "Content-Length": str(len(body))}, body)
            else:
                self._head(302, {"Location": "/archive", "Content-Length": "0"})

        def do_GET(self) -> None:
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            kaggle.asked.append(f"from {start}")
            content = kaggle.archive[start:]
            digest = hashlib.md5(b"" if kaggle.wrong_sum else kaggle.archive, usedforsecurity=False).digest()
            head = {
                "Content-Type": "application/zip",
                "Content-Length": str(len(content)),
                "Accept-Ranges": "bytes",
                "x-goog-hash": "md5=" + base64.b64encode(digest).decode(),
            }
            self._head(206 if start else 200, head, content[: kaggle.cut_bytes])

        def _head(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # the client has gone away, as the tests mean it to

        def log_message(self, *_: object) -> None:
            return

    return Handler


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kaggle]:
    pytest.importorskip("kagglehub")
    from kagglesdk import kaggle_env

    # neither a login nor a proxy of whoever runs the tests
    for variable in [name for name in os.environ if "proxy" in name.lower() or name.startswith("KAGGLE")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    state = Kaggle(packed(tmp_path / "made.zip", n=40).read_bytes())
    (tmp_path / "made.zip").unlink()
    server = ThreadingHTTPServer(("127.0.0.1", 0), answering(state))
    monkeypatch.setattr(client, "_SERVER", ("127.0.0.1", server.server_port))
    monkeypatch.setattr(kaggle_env, "get_endpoint", lambda _: f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("kagglesdk.kaggle_http_client.get_endpoint", lambda _: f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_set_is_brought_by_kaggles_client_and_nothing_else_is_left(
    kaggle: Kaggle, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[int, int | None]] = []
    before = dict(os.environ)
    found = get_cracks(tmp_path / "data", on_progress=lambda *now: seen.append(now))
    assert (found.folder, found.counts) == (tmp_path / "data" / "surface-crack-detection", (40, 40))
    assert "the whole set has 20000" in str(found.note)
    assert names(tmp_path / "data") == ["surface-crack-detection"]
    assert names(tmp_path) == ["data"]  # nothing in the home folder either
    assert (len(kaggle.archive), len(kaggle.archive)) in seen
    assert seen[-1] == (160_000, 160_000)
    assert dict(os.environ) == before
    assert logging.getLogger("kagglehub").isEnabledFor(logging.INFO)
    assert tuple(capfd.readouterr()) == ("", "")
    assert get_cracks(tmp_path / "data").counts == (40, 40)
    assert kaggle.asked == ["GetDataset", "DownloadDataset", "from 0"]


def test_a_broken_off_download_is_gone_on_with(kaggle: Kaggle, tmp_path: Path) -> None:
    kaggle.archive = packed(tmp_path / "made.zip", n=40, size=50_000).read_bytes()
    (tmp_path / "made.zip").unlink()
    kaggle.cut_bytes = 3_500_000
    with pytest.raises(DownloadError, match="could not be brought from Kaggle") as caught:
        get_cracks(tmp_path)
    assert "\n" not in str(caught.value)
    assert find_cracks(tmp_path) is None
    kaggle.cut_bytes = None
    assert get_cracks(tmp_path).counts == (40, 40)
    assert kaggle.asked[-1] == f"from {3 * 2**20}"  # the client writes whole pieces of 1 MiB
    assert names(tmp_path) == ["surface-crack-detection"]


def test_what_was_fetched_is_not_fetched_again_when_unpacking_was_stopped(kaggle: Kaggle, tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if total == 160_000:  # the images, not the archive
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get_cracks(tmp_path, on_progress=stop)
    assert find_cracks(tmp_path) is None
    asked = len(kaggle.asked)
    told: list[tuple[int, int | None]] = []
    assert get_cracks(tmp_path, on_progress=lambda *now: told.append(now)).counts == (40, 40)
    assert {total for _, total in told} == {160_000}
    assert kaggle.asked[asked:] == ["GetDataset", "DownloadDataset", "from 0"]  # it looks at the head and hangs up


def test_a_wrong_checksum_is_told_and_not_kept(kaggle: Kaggle, tmp_path: Path) -> None:
    kaggle.wrong_sum = True
    with pytest.raises(DownloadError, match="MD5"):
        get_cracks(tmp_path)
    kaggle.wrong_sum = False
    assert get_cracks(tmp_path).counts == (40, 40)
    assert kaggle.asked[-1] == "from 0"


def test_an_archive_that_climbs_out_is_refused_and_fetched_anew(kaggle: Kaggle, tmp_path: Path) -> None:
    good, made = kaggle.archive, io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../../../../Positive/1.jpg", b"1")
    kaggle.archive = made.getvalue()
    with pytest.raises(DataError, match="a path that leaves the folder"):
        get_cracks(tmp_path / "data")
    assert names(tmp_path) == ["data"]
    kaggle.archive = good
    assert get_cracks(tmp_path / "data").counts == (40, 40)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_refusal_is_told_by_its_number_and_says_how_to_do_it_by_hand(
    kaggle: Kaggle, tmp_path: Path, status: int
) -> None:
    kaggle.status = status
    with pytest.raises(DownloadError) as caught:
        get_cracks(tmp_path)
    said = str(caught.value)
    assert f"{HANDLE} could not be brought from Kaggle (HTTP {status})" in said
    assert f"download archive.zip from {PAGE}" in said
    assert f"copy it to {tmp_path} and run: fissura data get cracks --from {tmp_path / 'archive.zip'}" in said
    assert "\n" not in said


def test_a_server_that_falls_silent_is_given_up(
    kaggle: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_TIMEOUTS_S", (0.5, 0.2))
    kaggle.silent = True
    start = time.monotonic()
    with pytest.raises(DownloadError, match="timed out"):
        get_cracks(tmp_path)
    assert time.monotonic() - start < 10


def test_too_little_room_is_told_before_kaggle_is_asked(
    kaggle: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**6))
    with pytest.raises(OutputError, match="588 MB are needed and 1 MB are free"):
        get_cracks(tmp_path)
    assert kaggle.asked == []


def test_two_downloads_at_once_do_not_mix(kaggle: Kaggle, tmp_path: Path) -> None:
    with only_run(tmp_path / "surface-crack-detection"), pytest.raises(OutputError, match="another run"):
        get_cracks(tmp_path)


def test_without_network_it_is_said_in_seconds_and_nothing_is_made(
    kaggle: Kaggle, tmp_path: Path, refused_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_SERVER", ("127.0.0.1", int(refused_url.strip("/").rpartition(":")[2])))
    with pytest.raises(DownloadError, match=r"\(Connection refused\)"):
        get_cracks(tmp_path / "data")
    assert names(tmp_path) == []


def test_a_name_server_that_never_answers_is_not_waited_for(
    kaggle: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        kaggle.over.wait()
        raise OSError

    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(DownloadError, match=r"\(no answer within 0.05 s\)"):
        get_cracks(tmp_path, give_up_s=0.05)


def test_why_kaggle_is_not_reached_is_said_in_the_readers_language(
    kaggle: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "create_connection", unknown)
    with pytest.raises(DownloadError, match=r"\(its name is not found\)") as caught:
        get_cracks(tmp_path)
    assert "(nom introuvable)" in language("fr").error(caught.value)


def test_with_a_proxy_the_proxy_is_asked(kaggle: Kaggle, monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy, server in (
        ("http://proxy.example:3128", ("proxy.example", 3128)),
        ("proxy.example:80", ("proxy.example", 80)),
        ("https://me:secret@proxy.example", ("proxy.example", 443)),
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert client._next_server() == server
    monkeypatch.setenv("NO_PROXY", "*")
    assert client._next_server() == client._SERVER


def test_what_kaggles_own_machines_have_is_used_where_it_is(
    kaggle: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = filled(tmp_path / "input" / "surface-crack-detection")
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(dataset_download=lambda _: str(folder)))
    make_folder(tmp_path / "working")
    assert get_cracks(tmp_path / "working").folder == folder
    assert names(tmp_path / "working") == []
    assert names(folder) == ["Negative", "Positive"]
