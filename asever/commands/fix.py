"""`asever fix FILE [CHECK]`: the smallest edits that make a check met and break no other, shown or written."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from asever import __version__
from asever.commands.console import (
    STANDARD_INPUT,
    STANDARD_INPUT_NAME,
    Status,
    UsageError,
    loaded,
    progress,
    replace_file,
    say_nothing_done,
    show_diagnostics,
    write_report,
)
from asever.diagnostics import SpecError
from asever.model.answers import Finding, Report
from asever.model.program import Program
from asever.model.repairs import Proposal, Repair
from asever.pipeline import Options, selected
from asever.pipeline import run as judge_all
from asever.repair.search import Limits, repair
from asever.repair.texts import applied
from asever.report.repairs import render_repairs, repairs_json
from asever.semantics import files
from asever.semantics.memory import Memory, originals
from asever.source import SourceFile

Repaired = tuple[Repair, ...]


def run(arguments: Namespace) -> int:
    """Shows proposals for every check that is not met, or for the one that is named; the exit status is that of the checks."""
    if arguments.write and arguments.file == STANDARD_INPUT:
        raise UsageError("--write needs a file, and standard input is none")
    memory = originals()
    program, diagnostics = loaded(arguments.file, arguments.settings, memory)
    show_diagnostics(diagnostics, arguments.color)
    if program is None:
        say_nothing_done(diagnostics, "nothing was fixed")
        return Status.WRONG_INPUT
    try:
        with progress("looking for a fix"):
            report = judge_all(program, _options(arguments))
            chosen = _chosen(program, report, arguments.check)
            if arguments.write:
                return _written(program, report, chosen, arguments, memory)
            repairs = tuple(_repair(program, report, one, arguments, memory) for one in chosen)
    except SpecError as error:
        new = [one for one in error.diagnostics if one not in diagnostics]
        show_diagnostics(new, arguments.color)
        say_nothing_done([*diagnostics, *new], "nothing was fixed")
        return Status.WRONG_INPUT
    _show(program, report, repairs, arguments)
    return _status(chosen)


def _options(arguments: Namespace) -> Options:
    return Options(seconds=arguments.timeout, readings=dict(arguments.assume))


def _chosen(program: Program, report: Report, check: str | None) -> list[Finding]:
    """The findings to be fixed: those of the checks that are named, or else all; only what is not met."""
    wanted = selected(program, () if check is None else (check,))
    return [one for one in report.results if one.met is not True and any(one.check is each for each in wanted)]


def _repair(program: Program, report: Report, finding: Finding, arguments: Namespace, memory: Memory) -> Repair:
    path = Path(STANDARD_INPUT_NAME if arguments.file == STANDARD_INPUT else arguments.file)
    return repair(path, program, report, finding, _options(arguments), Limits(), memory)


def _status(chosen: list[Finding]) -> int:
    met = [one.met for one in chosen]
    if False in met:
        return Status.VIOLATED
    return Status.UNKNOWN if None in met else Status.MET


def _show(
    program: Program,
    report: Report,
    repairs: Repaired,
    arguments: Namespace,
    *,
    written: Repaired = (),
    now: Report | None = None,
) -> None:
    write_report(
        arguments,
        text=lambda color: render_repairs(repairs, program, report, file=arguments.file, color=color, written=written, now=now),
        document=lambda: repairs_json(repairs, version=__version__, written=written),
    )


# -- Writing ------------------------------------------------------------------------------------------------------------


def _written(program: Program, report: Report, chosen: list[Finding], arguments: Namespace, memory: Memory) -> int:
    """Applies the first proposal for one check after the other, each to the files as they are after the one before."""
    first = program, report
    repairs: list[Repair] = []
    written: list[Repair] = []
    names = [report.results.index(one) for one in chosen]
    for index in names:
        finding = report.results[index]
        if finding.met is True:
            continue  # what was written before has made it so
        one = _repair(program, report, finding, arguments, memory)
        repairs.append(one)
        if one.proposals:
            _write(program, one.proposals[0])
            written.append(one)
            memory = originals()
            program, report = _again(arguments, memory)
    _show(*first, tuple(repairs), arguments, written=tuple(written), now=report if written else None)
    return _status([report.results[index] for index in names])


def _again(arguments: Namespace, memory: Memory) -> tuple[Program, Report]:
    """The program as it now stands on the disk, read and judged anew."""
    program, diagnostics = loaded(arguments.file, arguments.settings, memory)
    if program is None:
        raise SpecError(diagnostics)
    return program, judge_all(program, _options(arguments))


def _write(program: Program, proposal: Proposal) -> None:
    """Every file of a proposal, if all are as they were read."""
    names = {edit.span.file.name for edit in proposal.edits}
    edited = [file for file in program.files if file.name in names]
    news = [(Path(file.name), _bytes_after(file, proposal)) for file in edited]
    for path, data in news:
        replace_file(path, data)


def _bytes_after(file: SourceFile, proposal: Proposal) -> bytes:
    """What a file is to hold, with its own line ends and byte order mark. Raises `UsageError` when it has changed."""
    data = files.read_bytes(Path(file.name), file.name, None)
    text = data if not isinstance(data, bytes) else files.text_of(data, file.name, None)
    if not isinstance(data, bytes) or text != file.text:
        raise UsageError(f"{file.name} has changed since it was read, so nothing was written", advice="run the command again")
    new = applied(file, proposal.edits)
    if b"\r\n" in data:
        new = new.replace("\n", "\r\n")
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    return mark + new.encode()
