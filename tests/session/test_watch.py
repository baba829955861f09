"""`asever check --watch`: a report after every save, whatever an editor does to the files, and an end by Ctrl-C."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from asever.commands import watching
from asever.reads import noting, stamp
from asever.semantics.loading import load_program

ROOT = Path(__file__).resolve().parents[2]
NETWORK = """\
import "rules"
vnet corp {
  address 10.0.0.0/16
  subnet apps { address 10.0.1.0/24 }
  subnet data { address 10.0.2.0/24  nsg data-tier }
}
vm web { subnet corp/apps  ip 10.0.1.4 }
vm sql { subnet corp/data  ip 10.0.2.4 }
check "SQL arrives" web reaches sql on tcp 1433
"""
RULES = """\
nsg data-tier {
  inbound {
    100 "SQL" allow tcp from corp/apps to * port 1433
    200       deny  any from * to *
  }
}
"""


class Watching:
    """`asever check --watch` in a process, line by line."""

    def __init__(self, *arguments, folder):
        self.run = subprocess.Popen(
            [sys.executable, "-u", "-m", "asever", "check", "--watch", *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run.kill()
        self.run.wait()
        self.reader.join()
        self.run.stdout.close()

    def read(self):
        for line in self.run.stdout:
            self.lines.put(line)

    def report(self):
        """What is printed up to the next time line, and that line."""
        said = []
        while True:
            line = self.lines.get(timeout=60)
            if "Ctrl-C ends" in line:
                return "".join(said), line
            said.append(line)

    def says_nothing(self, seconds=0.6):
        time.sleep(seconds)
        return self.lines.empty()

    def end(self):
        self.run.send_signal(signal.SIGINT)
        return self.run.wait(20)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net.asev").write_text(NETWORK)
    (tmp_path / "rules.asev").write_text(RULES)
    return tmp_path


@pytest.fixture
def watching_it(folder):
    with Watching("net.asev", folder=folder) as run:
        yield run


def save_as_editors_do(path, text):
    """A new file in the place of the old one."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def test_every_save_is_followed_by_a_report_until_ctrl_c(folder, watching_it):
    text, line = watching_it.report()
    assert text.startswith("HOLDS     SQL arrives")
    assert "1 of 1 checks judged anew; watching 2 files" in line
    save_as_editors_do(folder / "rules.asev", RULES.replace("port 1433", "port 1434"))
    text, line = watching_it.report()
    assert text.startswith("VIOLATED  SQL arrives")
    assert "1 of 1 checks judged anew" in line
    (folder / "net.asev").write_text("\n\n" + NETWORK)
    text, line = watching_it.report()
    assert "net.asev:11" in text.splitlines()[0]
    assert "0 of 1 checks judged anew" in line
    assert watching_it.says_nothing()
    assert watching_it.end() == 130


def test_files_that_vanish_or_have_mistakes_are_survived(folder, watching_it):
    watching_it.report()
    (folder / "rules.asev").write_text(RULES.replace("deny", "dney"))
    text, line = watching_it.report()
    assert "error[unknown-access]" in text
    assert "nothing was checked; watching 2 files" in line
    (folder / "rules.asev").unlink()
    assert "error[no-such-file]" in watching_it.report()[0]
    (folder / "net.asev").unlink()
    assert "there is no file `net.asev`" in watching_it.report()[0]
    (folder / "net.asev").write_text(NETWORK)
    assert "error[no-such-file]" in watching_it.report()[0]
    (folder / "rules.asev").write_text(RULES)
    text, line = watching_it.report()
    assert text.startswith("HOLDS     SQL arrives")
    assert "0 of 1 checks judged anew" in line


def test_a_touch_without_a_change_judges_nothing(folder, watching_it):
    watching_it.report()
    (folder / "net.asev").write_text(NETWORK)
    assert "0 of 1 checks judged anew" in watching_it.report()[1]


def test_several_processes_are_no_hindrance(folder):
    with Watching("--jobs", "2", "net.asev", folder=folder) as run:
        assert run.report()[0].startswith("HOLDS")
        save_as_editors_do(folder / "rules.asev", RULES.replace("port 1433", "port 1434"))
        assert run.report()[0].startswith("VIOLATED")
        assert run.end() == 130


@pytest.mark.parametrize("arguments", [["-"], ["net.asev", "--cross-check"], ["net.asev", "--certificate", "proof"]])
def test_what_cannot_be_watched_is_refused(folder, arguments):
    run = subprocess.run(
        [sys.executable, "-m", "asever", "check", "--watch", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (3, "")
    assert "--watch" in run.stderr


# -- What is watched ----------------------------------------------------------------------------------------------------


def noted(path):
    with noting() as files:
        load_program(path)
    return files


def test_everything_that_a_program_is_read_from_is_watched(tmp_path):
    (tmp_path / "main.asev").write_text('import "std/services"\nimport "other"\nimport "az.json" with "values.json"\n')
    (tmp_path / "az.json").write_text("[]")
    files = noted(tmp_path / "main.asev")
    names = {Path(one).name: found for one, found in files.items()}
    assert {"main.asev", "services.asev", "other.asev", "az.json", "values.json"} <= names.keys()
    assert names["other.asev"] is None
    assert names["main.asev"] is not None


def test_a_save_while_the_program_is_read_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "main.asev"
    path.write_text("vnet a { address 10.0.0.0/8 }\n")
    files = noted(path)
    path.write_text("vnet b { address 10.0.0.0/8 }  // saved just after it was read\n")
    monkeypatch.setattr(watching, "POLL", 0.001)
    watching.wait_for_change(files)


def test_files_that_still_change_are_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "main.asev"
    path.write_text("")
    files = {str(path): stamp(path)}
    looks = []

    def sleep(_):
        looks.append(None)
        if len(looks) < 5:
            path.write_text("x" * len(looks))

    monkeypatch.setattr(watching.time, "sleep", sleep)
    watching.wait_for_change(files)
    assert len(looks) >= 5
