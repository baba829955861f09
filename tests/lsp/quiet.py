"""An editor without a process or a protocol: what the server's parts do, to count and to measure it."""

from __future__ import annotations

import time
from threading import Event

from asever.lsp.editor import Editor
from asever.lsp.places import Places
from asever.pipeline import Options

PATIENCE = 60


class Quiet:
    """A client that is told everything at once, in the thread of whoever waits for it."""

    def __init__(self):
        self.shown, self.failed = {}, []
        self._acts, self._came = [], Event()
        self.editor = Editor(self, Options(), {})
        self.editor.begin(Places(), ())

    def publish(self, uri, version, diagnostics):
        self.shown[uri] = diagnostics

    def refresh(self):
        pass

    def later(self, seconds, act):
        act()
        return lambda: None

    def soon(self, act):
        self._acts.append(act)
        self._came.set()

    def fail(self, doing, error, texts):
        self.failed.append(error)

    def settle(self):
        """Waits until everything is read, checked and shown."""
        deadline = time.monotonic() + PATIENCE
        while self.editor.pending or self._acts or not self.editor.judge.is_idle:
            assert not self.failed, self.failed
            assert time.monotonic() < deadline
            self._came.wait(0.005)
            self._came.clear()
            while self._acts:
                self._acts.pop(0)()
