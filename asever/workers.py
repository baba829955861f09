"""Shares work among forked processes: results in order, no process left behind, and a sentence when one is lost.

The work is a function of a number; everything else that it needs is there when the processes fork, and only results travel.
Whoever forks must not have used a solver, and must have no other thread.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import selectors
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")

_TASK = struct.Struct("<II")  # the first number of a chunk, and the first behind it
_SIZE = struct.Struct("<Q")
_CHUNKS_EACH = 16
"""So many chunks a process there are to begin with: a slow one must not be what all others wait for."""
_LARGEST_CHUNK = 32


class WorkerLost(Exception):  # noqa: N818 - what happened, in a word
    """A process ended without an answer: it was killed, or the system had no memory left."""


class WorkerFailed(Exception):  # noqa: N818 - what happened, in a word
    """The work raised what cannot be handed over; the text is that of the exception."""


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_fork() -> bool:
    """Whether this system has processes that begin as a copy of their parent."""
    return hasattr(os, "fork")


def processes() -> int:
    """As many as do good where nobody chose a number; macOS has libraries that do not bear forking."""
    return usable_cores() if sys.platform == "linux" else 1


def _nothing(_: object) -> Sequence[object]:
    return ()


class Inside(NamedTuple):
    """What a shared object holds is shared too: `so_far` without making it (None: not made yet), `made` whatever it takes.

    A process that works makes what it needs, and the parent what comes back; neither makes all there could be.
    """

    so_far: Callable[[object], Sequence[object] | None] = _nothing
    made: Callable[[object], Sequence[object]] = _nothing


class Workers(Generic[T]):
    """`jobs` processes that do `work` for the numbers below `count`, as a context: none outlives it.

    `shared` are objects that results refer to, and `inside` says what these hold: they are handed over by their place, so that
    a result comes back with the parent's own ones.
    """

    def __init__(
        self,
        count: int,
        work: Callable[[int], T],
        jobs: int,
        shared: Sequence[object] = (),
        inside: Inside = Inside(),  # noqa: B008 - a tuple
    ) -> None:
        self._count = count
        self._work = work
        self._shared = _Shared(shared, inside)
        self._jobs = min(jobs, count)
        size = min(max(1, count // max(1, self._jobs * _CHUNKS_EACH)), _LARGEST_CHUNK)
        self._chunks = [(start, min(start + size, count)) for start in range(0, count, size)]
        self._processes: list[_Process] = []

    def __enter__(self) -> Workers[T]:
        """Forks the processes. They never hear Ctrl-C: the parent does, and ends them."""
        parent = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(self._jobs):
                self._processes.append(self._forked(parent))
        except OSError:
            self.__exit__()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self

    def __exit__(self, *_: object) -> None:
        """Ends all processes, whatever they are doing."""
        for one in self._processes:
            one.end()
        self._processes.clear()

    def results(self) -> Iterator[T]:
        """The results in the order of the numbers; raises what the work raised, when its turn comes, or `WorkerLost`."""
        waiting = iter(self._chunks)
        done: dict[int, bytes] = {}
        with selectors.DefaultSelector() as selector:
            for one in self._processes:
                selector.register(one.results, selectors.EVENT_READ, one)
                one.give(next(waiting, None))
            for start, _ in self._chunks:
                while start not in done:
                    for key, _ in selector.select():
                        one = key.data
                        answer = one.receive()
                        done[answer[0]] = answer[1]
                        if not one.give(next(waiting, None)):
                            selector.unregister(one.results)
                for value, raised in _unpickled(done.pop(start), self._shared):
                    if raised is not None:
                        raise raised
                    yield value

    def _forked(self, parent: int) -> _Process:
        task_out, task_in = os.pipe()
        result_out, result_in = os.pipe()
        pid = os.fork()
        if pid:
            os.close(task_out)
            os.close(result_in)
            return _Process(pid, task_in, result_out)
        # The child. What it inherits of the others' pipes must go, or they would not notice their ends.
        status = 1
        try:
            for other in self._processes:
                other.close()
            os.close(task_in)
            os.close(result_out)
            self._serve(parent, task_out, result_in)
            status = 0
        finally:
            os._exit(status)  # no handler, buffer or exit function of the parent's is ours

    def _serve(self, parent: int, tasks: int, results: int) -> None:
        """Does chunk after chunk until the parent has no more, or is gone."""
        while len(task := _read(tasks, _TASK.size)) == _TASK.size:
            start, end = _TASK.unpack(task)
            done: list[tuple[T | None, BaseException | None]] = []
            for number in range(start, end):
                if os.getppid() != parent:
                    return
                done.append(self._one(number))
            self._shared.look_inside()
            data = _pickled(done, self._shared)
            _write(results, _TASK.pack(start, end) + _SIZE.pack(len(data)) + data)

    def _one(self, number: int) -> tuple[T | None, BaseException | None]:
        try:
            return self._work(number), None
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent is to raise it
            return None, _portable(error)


class _Process:
    """A child, seen from its parent."""

    def __init__(self, pid: int, tasks: int, results: int) -> None:
        self._pid = pid
        self._tasks = tasks
        self.results = results

    def give(self, chunk: tuple[int, int] | None) -> bool:
        """Hands over the next chunk; without one the process is told that there is no more. Whether there was one."""
        if chunk is not None:
            try:
                _write(self._tasks, _TASK.pack(*chunk))
            except BrokenPipeError:
                raise self._lost() from None
        return chunk is not None

    def receive(self) -> tuple[int, bytes]:
        """The first number of a chunk, and its results; raises `WorkerLost` if the process has ended instead."""
        head = _read(self.results, _TASK.size + _SIZE.size)
        if len(head) == _TASK.size + _SIZE.size:
            (size,) = _SIZE.unpack(head[_TASK.size :])
            data = _read(self.results, size)
            if len(data) == size:
                return _TASK.unpack(head[: _TASK.size])[0], data
        raise self._lost()

    def end(self) -> None:
        """Ends the process if it still runs, and waits until it is gone."""
        self.close()
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def close(self) -> None:
        """Closes this side of both pipes."""
        for one in (self._tasks, self.results):
            if one >= 0:
                os.close(one)
        self._tasks = self.results = -1

    def _lost(self) -> WorkerLost:
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        code = os.waitstatus_to_exitcode(status)
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return WorkerLost(f"one of the processes {how}")


# -- What travels -------------------------------------------------------------------------------------------------------


_Place = int | tuple[int, int]
"""The place of a shared object, or of one inside another."""


class _Shared:
    """What both sides have, by its place. The places are given before the fork, but those of what is made after it."""

    def __init__(self, every: Sequence[object], inside: Inside) -> None:
        self._every = every
        self._inside = inside
        self._places: dict[int, _Place] = {id(one): place for place, one in enumerate(every)}
        self._unmade = list(enumerate(every))
        self.look_inside()

    def look_inside(self) -> None:
        """Gives places to what shared objects have made since."""
        unmade, self._unmade = self._unmade, []
        for place, one in unmade:
            parts = self._inside.so_far(one)
            if parts is None:
                self._unmade.append((place, one))
            else:
                self._places.update((id(part), (place, number)) for number, part in enumerate(parts))

    def place(self, one: object) -> _Place | None:
        """The place of an object, if it is shared."""
        return self._places.get(id(one))

    def at(self, place: _Place) -> object:
        """What stands at a place."""
        if isinstance(place, int):
            return self._every[place]
        whole, number = place
        return self._inside.made(self._every[whole])[number]


class _Pickler(pickle.Pickler):
    """Writes what both sides have as its place."""

    def __init__(self, file: io.BytesIO, shared: _Shared) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._shared = shared

    def persistent_id(self, obj: object) -> _Place | None:
        return self._shared.place(obj)


class _Unpickler(pickle.Unpickler):
    """Reads a place as what stands there."""

    def __init__(self, file: io.BytesIO, shared: _Shared) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, pid: Any) -> object:  # noqa: ANN401 - pickle's interface
        return self._shared.at(pid)


def _pickled(value: object, shared: _Shared) -> bytes:
    file = io.BytesIO()
    _Pickler(file, shared).dump(value)
    return file.getvalue()


def _unpickled(data: bytes, shared: _Shared) -> Any:  # noqa: ANN401 - whatever was handed over
    return _Unpickler(io.BytesIO(data), shared).load()  # our own child wrote it


def _portable(error: Exception) -> Exception:
    """The exception, or one that says the same, if it cannot be handed over."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - written just before
    except Exception:  # noqa: BLE001 - there are many ways not to be picklable
        return WorkerFailed("".join(traceback.format_exception_only(error)).strip())
    return error


def _read(file: int, size: int) -> bytes:
    """That many bytes, or fewer where the other side has ended."""
    parts: list[bytes] = []
    left = size
    while left and (part := os.read(file, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
