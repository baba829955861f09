"""`asever graph FILE`: a picture of the declared network."""

from __future__ import annotations

from argparse import Namespace

from asever.commands.console import Status, load, write_result
from asever.explain.picture import picture
from asever.report.graph import render_dot, render_mermaid
from asever.report.svg import render_svg


def run(arguments: Namespace) -> int:
    """Draws what the file declares; it proves nothing, so the exit status says only whether the file could be read."""
    program = load(arguments.file, arguments.color)
    if program is None:
        return Status.WRONG_INPUT
    shown = picture(program.network)
    match arguments.format:
        case "mermaid":
            text = render_mermaid(shown)
        case "dot":
            text = render_dot(shown)
        case _:
            text = render_svg(shown, f"the network of {arguments.file}")
    write_result(text, arguments.output)
    return Status.MET
