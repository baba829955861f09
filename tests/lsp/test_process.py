"""`asever lsp` as a process: how it starts and ends, and what becomes of our own mistakes."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from asever.lsp.server import Server
from asever.pipeline import Options
from tests.lsp.client import PATIENCE, ROOT, Client

ERROR = "vnet a { }"


def test_it_ends_in_peace_after_a_goodbye_and_complains_of_none(tmp_path):
    with Client(tmp_path) as editor:
        editor.open("net.asev", ERROR)
        assert editor.codes("net.asev") == ["missing-attribute"]
        assert editor.leave() == (0, "")
    with Client(tmp_path) as editor:
        editor.tell("exit")
        assert editor.run.wait(PATIENCE) == 1


def test_it_ends_when_the_editor_is_gone(tmp_path):
    with Client(tmp_path) as editor:
        editor.run.stdin.close()
        editor.run.wait(PATIENCE)


def test_options_are_those_of_check(tmp_path):
    text = "vnet a { address 10.0.0.0/16  subnet b { address 10.0.1.0/24 } }\nvm c { subnet a/b  ip 10.0.1.4 }\ntag partners\n"
    text += "check c can reach partners on tcp 1\n"
    with Client(tmp_path, "--stdio", "--set", "partners=20.1.1.1") as editor:
        editor.open("net.asev", text)
        assert editor.settled("net.asev") == []
    with Client(tmp_path) as editor:
        editor.open("net.asev", text)
        assert editor.codes("net.asev") == ["open-tag-endpoint"]


def test_it_asks_to_be_told_of_files_and_to_be_asked_for_verdicts_again(tmp_path):
    can = {"didChangeWatchedFiles": {"dynamicRegistration": True}, "inlayHint": {"refreshSupport": True}}
    with Client(tmp_path, capabilities={"workspace": can}) as editor:
        editor.until(lambda: editor.asked)
        assert editor.asked == ["client/registerCapability"]
        editor.open("net.asev", ERROR)
        editor.until(lambda: "workspace/inlayHint/refresh" in editor.asked)


def run(*words, **environment):
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_without_its_extra_it_says_what_to_install():
    missing = "import sys; sys.modules['pygls'] = None; from asever.cli import main; sys.exit(main(['lsp']))"
    done = run("-c", missing)
    assert (done.returncode, done.stdout) == (3, "")
    assert "pip install 'asever[lsp]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reading_that_does_not_exist_is_refused():
    done = run("-m", "asever", "lsp", "--assume", "nothing=yes")
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is no reading nothing=yes" in done.stderr


def test_no_other_command_pays_for_it(tmp_path):
    (tmp_path / "net.asev").write_text("vnet a { address 10.0.0.0/8 }\n")
    loads = "import sys; from asever.cli import main; main({!r}); print([*filter(lambda one: 'lsp' in one, sys.modules)])"
    for words in (["check", str(tmp_path / "net.asev")], ["lint", str(tmp_path / "net.asev")], ["help"]):
        assert run("-c", loads.format(words)).stdout.splitlines()[-1] == "[]"
    helped = run("-c", loads.format(["lsp", "--help"]))
    assert helped.stdout.splitlines()[-1] == "[]"


def test_it_serves_on_a_port(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "asever", "lsp", "--tcp", str(port)], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        line = asked_over(port, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}})
        assert line["result"]["serverInfo"]["name"] == "asever"
    finally:
        server.kill()
        server.wait()


def asked_over(port, message):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
                data = json.dumps(message).encode()
                connection.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
                answer = connection.makefile("rb")
                while line := answer.readline().strip():
                    if line.lower().startswith(b"content-length"):
                        length = int(line.split(b":")[1])
                return json.loads(answer.read(length))
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


# -- Our own mistakes ---------------------------------------------------------------------------------------------------

BROKEN = """
import sys
from asever.lsp import hover, judge
def broken(*_):
    raise RuntimeError("not as it was meant\\nTraceback of nobody")
{broken} = broken
from asever.cli import main
sys.exit(main(["lsp"]))
"""


class Broken(Client):
    """An editor with a server in which something is wrong."""

    what = ""

    def words(self):
        return ["-c", BROKEN.format(broken=self.what)]


@pytest.mark.parametrize("what", ["hover.hover", "judge.verdict_shown", "judge.lint"])
def test_a_mistake_of_ours_is_told_once_with_what_reproduces_it(tmp_path, what):
    text = "vnet a { address 10.0.0.0/16  subnet b { address 10.0.1.0/24 } }\nvm c { subnet a/b  ip 10.0.1.4 }\n"
    text += "check Internet never reaches c\n"
    kind = type("Broken", (Broken,), {"what": what})
    with kind(tmp_path, environment={"TMPDIR": str(tmp_path)}) as editor:
        editor.open("net.asev", text)
        for _ in range(2):
            assert editor.at("hover", "net.asev", 0, 5) is None or what != "hover.hover"
        editor.until(lambda: editor.messages)
        (said,) = editor.messages
        assert "RuntimeError: not as it was meant." in said
        assert "Traceback" not in said
        (kept,) = tmp_path.glob("asever-lsp-*.json")
        assert str(kept) in said
        told = json.loads(kept.read_text())
        assert "Traceback" in told["error"]
        assert text in told["texts"].values()
        editor.change("net.asev", ERROR)
        assert editor.codes("net.asev") == ["missing-attribute"]
        assert editor.leave() == (0, "")


def test_two_readings_that_disagree_are_told_as_what_they_are(tmp_path, monkeypatch):
    from asever.explain.witness import ReadingsDisagree  # noqa: PLC0415

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    server, said = Server(Options(), {}), []
    monkeypatch.setattr(server, "soon", lambda act: act())
    monkeypatch.setattr(server, "say", lambda text, *_: said.append(text))
    server.fail("judging", ReadingsDisagree("the flow and both answers"), {"net.asev": "text"})
    assert re.search("the solver and the interpreter give different answers.*please report it", said[0])
    (kept,) = tmp_path.glob("asever-lsp-*.json")
    assert "the flow and both answers" in json.loads(Path(kept).read_text())["error"]
