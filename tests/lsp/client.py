"""An editor, as far as a server can tell: it starts `asever lsp`, speaks plain JSON-RPC, and keeps what it is told."""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60


class Client:
    """One editor. `shown` are the diagnostics that it shows now, by URI; `messages` what it was told in sentences."""

    def __init__(self, folder, *arguments, encodings=None, capabilities=None, environment=None):
        self.folder = Path(folder)
        self.shown, self.versions, self.messages, self.asked = {}, {}, [], []
        self.edits = []
        self._published = {}
        self._texts, self._numbers, self._versions = {}, itertools.count(1), itertools.count(1)
        self._inbox, self._answers = queue.Queue(), {}
        self.run = subprocess.Popen(
            [sys.executable, *self.words(), *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._errors = []
        self._listener = threading.Thread(target=lambda: self._errors.append(self.run.stderr.read()), daemon=True)
        self._listener.start()
        general = {"positionEncodings": encodings} if encodings else {}
        self.can = self.ask(
            "initialize",
            processId=None,
            rootUri=self.folder.as_uri(),
            workspaceFolders=[{"uri": self.folder.as_uri(), "name": "it"}],
            capabilities={"general": general, **(capabilities or {})},
        )["capabilities"]
        self.tell("initialized")

    def words(self):
        """What Python is to run."""
        return ["-m", "asever", "lsp"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run.kill()
        self.run.wait()
        self._reader.join()
        self._listener.join()
        for stream in (self.run.stdin, self.run.stdout, self.run.stderr):
            stream.close()

    # -- Messages -------------------------------------------------------------------------------------------------------

    def _read(self):
        while True:
            length = 0
            while line := self.run.stdout.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                self._inbox.put(None)
                return
            self._inbox.put(json.loads(self.run.stdout.read(length)))

    def _send(self, **message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.run.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.run.stdin.flush()

    def take(self, timeout=PATIENCE):
        """Takes one message; false if none comes in time."""
        try:
            message = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return False
        assert message is not None, f"the server has ended: {self._errors}"
        method, params = message.get("method"), message.get("params")
        if method == "textDocument/publishDiagnostics":
            self.shown[params["uri"]] = params["diagnostics"]
            self.versions[params["uri"]] = params.get("version")
            self._published[params["uri"]] = self._published.get(params["uri"], 0) + 1
        elif method == "window/showMessage":
            self.messages.append(params["message"])
        elif method == "workspace/applyEdit":
            self.edits.append(params["edit"])
            self._send(id=message["id"], result={"applied": True})
        elif method is not None and "id" in message:
            self.asked.append(method)
            self._send(id=message["id"], result=None)
        elif "id" in message:
            self._answers[message["id"]] = message
        return True

    def tell(self, method, **params):
        self._send(method=method, params=params)

    def ask(self, method, **params):
        number = next(self._numbers)
        self._send(id=number, method=method, params=params)
        self.until(lambda: number in self._answers)
        answer = self._answers.pop(number)
        assert "error" not in answer, answer
        return answer["result"]

    def until(self, told, timeout=PATIENCE):
        """Takes messages until something is so."""
        deadline = time.monotonic() + timeout
        while not told():
            assert self.take(max(0.01, deadline - time.monotonic())), "nothing came in time"

    # -- Files ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def folder_of(self, folder):
        """Works on files in another folder, and closes them afterwards."""
        before, self.folder = self.folder, Path(folder)
        self.messages, self.edits = [], []
        try:
            yield
        finally:
            for name in list(self._texts):
                self.close(name)
            self.folder = before

    def uri(self, name):
        return (self.folder / name).as_uri()

    def open(self, name, text=None):
        text = (self.folder / name).read_text(encoding="utf-8") if text is None else text
        self._texts[name] = next(self._versions)
        item = {"uri": self.uri(name), "languageId": "asev", "version": self._texts[name], "text": text}
        self.tell("textDocument/didOpen", textDocument=item)

    def change(self, name, text):
        self._texts[name] = next(self._versions)
        document = {"uri": self.uri(name), "version": self._texts[name]}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def save(self, name):
        self.tell("textDocument/didSave", textDocument={"uri": self.uri(name)})

    def close(self, name):
        self.tell("textDocument/didClose", textDocument={"uri": self.uri(name)})
        del self._texts[name]

    def settled(self, name):
        """What is shown in a file when the server is done with the text that it has now."""
        self.until(lambda: self.versions.get(self.uri(name)) == self._texts[name])
        return self.shown[self.uri(name)]

    def codes(self, name):
        return [one["code"] for one in self.settled(name)]

    def at(self, method, name, line, character, **more):
        position = {"line": line, "character": character}
        return self.ask(f"textDocument/{method}", textDocument={"uri": self.uri(name)}, position=position, **more)

    def of(self, method, name, **more):
        return self.ask(f"textDocument/{method}", textDocument={"uri": self.uri(name)}, **more)

    def leave(self):
        """Says goodbye; the exit status, and what was written to standard error."""
        self.ask("shutdown")
        self.tell("exit")
        status = self.run.wait(PATIENCE)
        self._listener.join()
        return status, b"".join(self._errors).decode()
