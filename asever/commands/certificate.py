"""`asever certificate verify DIR [FILE…]`: examines what `asever check --certificate` wrote."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from asever import __version__
from asever.certify.manifest import MANIFEST
from asever.certify.obligations import Refused
from asever.certify.verify import files_named, manifest_of, verify
from asever.commands.console import Status, UsageError, load, progress, reason, write_report
from asever.model.certificates import Verification
from asever.model.program import Program
from asever.report.certificates import render_verification, verification_json


def run(arguments: Namespace) -> int:
    """Accepts or refuses; a specification with errors, or a folder without a manifest, is wrong input."""
    text = _manifest_text(arguments.directory)
    try:
        manifest = manifest_of(text)
        files = arguments.files or files_named(manifest)
        programs: list[Program] = []
        for file in files:
            program = load(file, arguments.color, arguments.settings)
            if program is None:
                return Status.WRONG_INPUT
            programs.append(program)
        with progress("verifying"):
            found = verify(arguments.directory, manifest, programs, dict(arguments.assume) or None)
    except Refused as error:
        found = Verification(refused=str(error))
    _say(found, arguments)
    return Status.MET if found.refused is None else Status.VIOLATED


def _manifest_text(directory: Path) -> str:
    try:
        return (directory / MANIFEST).read_bytes().decode(errors="replace")
    except OSError as error:
        advice = "asever check --certificate DIR writes them"
        raise UsageError(f"{directory} holds no certificates: {MANIFEST}: {reason(error)}", advice=advice) from error


def _say(found: Verification, arguments: Namespace) -> None:
    write_report(
        arguments,
        text=lambda color: render_verification(found, color=color),
        document=lambda: verification_json(found, version=__version__),
    )
