"""`asever check --watch`: checks again after every save of a file of the program, until somebody presses Ctrl-C."""

from __future__ import annotations

import gc
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping

from asever.commands.console import STANDARD_INPUT, UsageError
from asever.reads import Stamp, stamp
from asever.session import Session

POLL = 0.1
"""Seconds between two looks at the files. A save counts when the files stay as they are from one look to the next."""

_IDLE = 20
"""After so many looks without a change what is no longer needed is cleared away: nobody waits for it."""

_CLEAR = "\x1b[2J\x1b[3J\x1b[H"


def watch(arguments: Namespace, once: Callable[[Session], int]) -> int:
    """Checks, waits for a change, and checks again; what `once` returns is of no interest, since this never ends."""
    if STANDARD_INPUT in arguments.files:
        raise UsageError("--watch needs files: standard input is read once")
    if arguments.cross_check or arguments.certificate is not None:
        raise UsageError("--watch goes with neither --cross-check nor --certificate", advice="leave --watch out")
    session = Session(settings=arguments.settings, jobs=arguments.jobs or 1)
    while True:
        session.begin()
        started = time.perf_counter()
        once(session)
        sys.stdout.flush()
        _say(session, time.perf_counter() - started)
        wait_for_change(session.files)
        if sys.stdout.isatty():
            sys.stdout.write(_CLEAR)


def wait_for_change(files: Mapping[str, Stamp]) -> None:
    """Waits until one of the files is another than it was when it was read, and all of them have come to rest."""
    now = dict(files)
    looks = 0
    while True:
        before, now = now, {path: stamp(path) for path in files}
        if now != files and now == before:
            return
        looks += 1
        if looks == _IDLE:
            gc.collect()
        time.sleep(POLL)


def _say(session: Session, seconds: float) -> None:
    """`16:52:10  checked in 0.2 s, 2 of 100 checks judged anew; watching 3 files, Ctrl-C ends`."""
    every = session.judged + session.kept
    what = f"checked in {seconds:.1f} s, {session.judged} of {every} checks judged anew" if every else "nothing was checked"
    count = sum(one is not None for one in session.files.values())
    files = f"watching {count} file{'' if count == 1 else 's'}"
    sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {what}; {files}, Ctrl-C ends\n")
    sys.stderr.flush()
