"""The command line: arguments, and what becomes of every way to fail. What a command does is in `asever.commands`.

Nothing here imports a solver, a parser or rich, so `asever --help` answers at once. A wrong command line is exit status 3, as a
wrong input is; a traceback never reaches the user.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import Any, NoReturn

from asever.commands.console import Status, UsageError

# What argparse says is English, as all that we say is: to look for translations it would load `locale`, and ask for 24 files.
argparse._ = str  # type: ignore[attr-defined]

INTERRUPTED = 130  # 128 + SIGINT, as shells report it
BROKEN_PIPE = 141  # 128 + SIGPIPE
MOST_JOBS = 256
TRACEBACK = "ASEVER_TRACEBACK"

_EXITS = (
    "exit status: 0 every check holds or is violated as expected; 1 a check is violated; 2 none is violated, some are unknown; "
    "3 the input or the command line is wrong; 4 an internal error. Documentation: asever help WORD."
)
_TRACE_EXITS = (
    "exit status: 0 delivered, and its reply returns; 1 dropped, or the reply is lost; 2 nobody can say; 3 wrong input."
)
_FIX_EXITS = (
    "exit status: that of the checks to be fixed, after --write as the files are then: 0 all met; 1 one is violated; "
    "2 none is violated, some are unknown; 3 wrong input; 4 an internal error."
)
_LINT_EXITS = (
    "exit status: 0 nothing was found; 1 something was; 3 wrong input; 4 an internal error. "
    "What a code means: asever help CODE."
)
_MATRIX_EXITS = "exit status: 0 done; 3 wrong input; 4 Z3 does not confirm a cell, or another internal error."
_DIFF_EXITS = (
    "exit status: 0 no flow and no verdict differs; 1 some does; 2 what differs cannot be told in full; 3 wrong input; "
    "4 an internal error."
)
_SCORE_EXITS = "exit status: 0 done; 1 the number is less than --fail-under asks for; 3 wrong input; 4 an internal error."
_FMT_EXITS = (
    "exit status: 0 done, or nothing to do; 1 with --check: some file would change; 3 a file has errors and is left alone."
)
_CERTIFICATE_EXITS = "exit status: 0 accepted; 1 refused; 3 wrong input."
_LSP_EXITS = "exit status: 0 the editor has ended it; 1 it was ended without a goodbye; 3 wrong input; 4 an internal error."
_OTHER_EXITS = "exit status: 0 done; 3 wrong input."


class _Formatter(argparse.HelpFormatter):
    """argparse's layout; it is told how wide the terminal is, since it would load `shutil` for each option to find out."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """As `shutil.get_terminal_size`: what COLUMNS says, else the terminal, else 80."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80 if sys.__stdout__ is not None else 80
    except (OSError, ValueError):
        return 80


class _Parser(argparse.ArgumentParser):
    """argparse with our exit status for wrong usage, and a suggestion for a misspelt option."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - those of argparse
        super().__init__(**options, formatter_class=_Formatter)

    def error(self, message: str) -> NoReturn:
        advice = ""
        if message.startswith("unrecognized arguments: "):
            wrong = message.removeprefix("unrecognized arguments: ").split()[0]
            known = [option for action in self._actions for option in action.option_strings]
            close = _like(wrong.split("=")[0], known, 0.6)
            message = f"there is no option {wrong}" if wrong.startswith("-") else f"there is one argument too many: {wrong}"
            advice = f"did you mean {close}?" if close else ""
        complain(self.prog, message, advice=advice, usage=self.format_usage())
        raise SystemExit(int(Status.WRONG_INPUT))

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        """What no option takes is wrong here and now: each command knows best what was meant."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest


def _like(word: str, known: Sequence[str], cutoff: float) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - for a wrong command line only

    return next(iter(get_close_matches(word, known, n=1, cutoff=cutoff)), None)


def complain(program: str, message: str, *, advice: str = "", usage: str = "") -> None:
    """A wrong command line on standard error: what is wrong, what to do, how it reads."""
    sys.stderr.write(f"{program}: error: {message}\n")
    if advice:
        sys.stderr.write(f"  help: {advice}\n")
    if usage:
        sys.stderr.write(usage)


# -- Values of options --------------------------------------------------------------------------------------------------


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of seconds above 0")
    return seconds


def _percent(text: str) -> float:
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"`{text}` is not a percentage (0 to 100)")
    return number


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0")
    return int(text)


def _jobs(text: str) -> int | None:
    """A number of processes; None for `auto`, as many as pay."""
    if text == "auto":
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MOST_JOBS):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of processes (1 to {MOST_JOBS}, or auto)")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 <= int(text[:9]) <= 65535):
        raise argparse.ArgumentTypeError(f"`{text}` is not a port (0 to 65535)")
    return int(text)


def _pair(text: str, option: str, advice: str, parser: argparse.ArgumentParser) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        parser.error(f"argument {option}: `{text}` does not read NAME=VALUE{advice}")
    return name, value


# -- The commands -------------------------------------------------------------------------------------------------------

Adder = Callable[[argparse.ArgumentParser], None]


def _color_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="auto: on a terminal, unless NO_COLOR is set"
    )


class _Pairs(argparse.Action):
    """Collects NAME=VALUE; two values of one name are a mistake and no choice."""

    advice = ""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002 - part of argparse's interface
    ) -> None:
        option = self.option_strings[0]
        name, value = _pair(str(values), option, self.advice, parser)
        chosen: dict[str, str] = {**getattr(namespace, self.dest)}
        if chosen.setdefault(name, value) != value:
            parser.error(f"{option} {name} is given as `{chosen[name]}` and as `{value}`")
        setattr(namespace, self.dest, chosen)


class _Assume(_Pairs):
    """Collects readings."""

    advice = " (asever assumptions lists them)"


def _assume_argument(
    parser: argparse.ArgumentParser,
    about: str = "pick one reading of an ambiguous Azure behaviour (repeatable; see asever assumptions)",
) -> None:
    parser.add_argument("--assume", metavar="NAME=VALUE", action=_Assume, default={}, help=about)


def _timeout_argument(parser: argparse.ArgumentParser, about: str = "limit for each check (default 30)") -> None:
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, default=30.0, help=about)


def _jobs_argument(parser: argparse.ArgumentParser, what: str) -> None:
    about = f"share the {what} among N processes (default auto: one for each core, if there is enough to do)"
    parser.add_argument("--jobs", metavar="N", type=_jobs, default=None, help=about)


def _format_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="text for people (default), JSON for programs"
    )


def _output_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", metavar="PATH", type=Path, help="write the result to a file instead of standard output")


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    """What every command takes that writes a report."""
    _format_argument(parser)
    _output_argument(parser)
    _color_argument(parser)


def _set_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        action=_Pairs,
        default={},
        help="give what an imported file leaves open: a parameter, or a value known at deployment (repeatable)",
    )


def _file_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a specification; - reads standard input")
    _set_argument(parser)


def _files_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="specifications; - reads standard input")
    _set_argument(parser)


def _named_check_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("check", metavar="CHECK", help="the name of a check, or its text")


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    _files_argument(parser)
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        default=[],
        help="only checks of this name (* and ? stand for any; repeatable)",
    )
    parser.add_argument(
        "--certificate", metavar="DIR", type=Path, help="write a proof of every check that holds, for other programs to check"
    )
    parser.add_argument("--cross-check", action="store_true", help="ask a second, different solver too; both must agree")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first check that is not as expected")
    parser.add_argument("--quiet", action="store_true", help="name only the checks that are not as expected")
    parser.add_argument("--evidence", action="store_true", help="say more about what holds, and why")
    parser.add_argument("--timing", action="store_true", help="end the text with how long it took")
    parser.add_argument("--watch", action="store_true", help="check again after every save of a file of the program")
    _jobs_argument(parser, "checks")
    _timeout_argument(parser)
    _assume_argument(parser)
    _report_arguments(parser)


def _trace_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    parser.add_argument(
        "--from", dest="origin", metavar="A", required=True, help="who sends: a thing of the file, Internet, or an address"
    )
    parser.add_argument(
        "--to", dest="target", metavar="B", required=True, help="who is called: a thing of the file, Internet, or an address"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--tcp", metavar="PORT", type=_port, help="TCP to this port (default: 443)")
    kind.add_argument("--udp", metavar="PORT", type=_port, help="UDP to this port")
    kind.add_argument("--icmp", action="store_true", help="ICMP, which has no ports")
    parser.add_argument("--source-address", metavar="X", help="the sender's own address (default: a usual one)")
    parser.add_argument("--source-port", metavar="N", type=_port, help="the sender's port (default: 49152)")
    parser.add_argument(
        "--destination-address", metavar="Y", help="the address that is called (default: the one where B answers)"
    )
    _assume_argument(parser)
    _report_arguments(parser)


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    _named_check_argument(parser)
    _timeout_argument(parser, "limit for the check, and for the proof (default 30)")
    _assume_argument(parser)
    _report_arguments(parser)


def _fix_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    parser.add_argument(
        "check", metavar="CHECK", nargs="?", help="a check by its name or text (* and ? stand for any); default: all not met"
    )
    parser.add_argument("--write", action="store_true", help="apply the first fix of each check to the files")
    _timeout_argument(parser)
    _assume_argument(parser)
    _report_arguments(parser)


def _lint_arguments(parser: argparse.ArgumentParser) -> None:
    _files_argument(parser)
    parser.add_argument("--only", metavar="CODE", action="append", default=[], help="only findings with this code (repeatable)")
    parser.add_argument("--quiet", action="store_true", help="one line for each finding, and no count")
    _report_arguments(parser)


def _matrix_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    parser.add_argument(
        "--on",
        metavar="SERVICE",
        action="append",
        default=[],
        help="the traffic, as after `on` in a check: https, 'tcp 443' (repeatable; default: any TCP or UDP port)",
    )
    parser.add_argument(
        "--each", action="store_true", help="a row for every end of a large network, also where nothing tells many apart"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="which cells of a large table Z3 confirms (default 0)")
    _assume_argument(parser)
    _report_arguments(parser)


def _diff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="a specification")
    parser.add_argument("new", metavar="NEW", help="what it became")
    _assume_argument(parser)
    _set_argument(parser)
    _report_arguments(parser)


def _coverage_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    _score_arguments(parser)


def _mutate_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    parser.add_argument("--most", metavar="N", type=_count, help="try this many of the faults, drawn at random")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="which ones are drawn (default 0)")
    _jobs_argument(parser, "faults")
    _score_arguments(parser)


def _score_arguments(parser: argparse.ArgumentParser) -> None:
    """What `coverage` and `mutate` share."""
    parser.add_argument("--all", action="store_true", help="list what is well too")
    parser.add_argument(
        "--fail-under",
        metavar="PERCENT",
        type=_percent,
        default=0.0,
        help="exit status 1 if the number is less (default: never)",
    )
    _timeout_argument(parser)
    _assume_argument(parser)
    _report_arguments(parser)


def _graph_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    parser.add_argument(
        "--format",
        choices=("svg", "mermaid", "dot"),
        default="svg",
        help="svg to look at (default), or text for Mermaid or Graphviz to draw",
    )
    _output_argument(parser)
    _color_argument(parser)


def _fmt_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="files to rewrite in place; - writes standard input to standard output"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; name the files that would change, exit status 1 if any"
    )
    _color_argument(parser)


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", metavar="SOURCE", nargs="+", type=Path, help="templates, answers of Azure's, service tags")
    parser.add_argument("--with", dest="parameters", metavar="PARAMETERS", type=Path, help="the parameter file of a template")
    _set_argument(parser)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="write to a file instead of standard output")
    _color_argument(parser)


def _init_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", nargs="?", default=".", help="where to (default: here)")


def _smt_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    _named_check_argument(parser)
    _assume_argument(parser)
    _output_argument(parser)
    _color_argument(parser)


def _certificate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="verify", choices=("verify",), help="what to do with it")
    parser.add_argument("directory", metavar="DIR", type=Path, help="what asever check --certificate wrote")
    parser.add_argument(
        "files", metavar="FILE", nargs="*", help="the specifications it must be about (default: those that it names)"
    )
    _assume_argument(parser, "readings that it must assume, and no others (repeatable; default: whatever it assumes)")
    _set_argument(parser)
    _report_arguments(parser)


def _assumptions_arguments(parser: argparse.ArgumentParser) -> None:
    _format_argument(parser)
    _color_argument(parser)


def _lsp_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tcp", metavar="PORT", type=_port, help="serve on this port of this machine (default: stdin and stdout)"
    )
    parser.add_argument("--stdio", action="store_true", help="the default; for editors that always say so")
    _set_argument(parser)
    _timeout_argument(parser)
    _assume_argument(parser)


def _usages() -> dict[str, Callable[[], str]]:
    return {name: parser.format_help for name, parser in _commands(build_parser()).items()}


def _help_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(usages=_usages)
    parser.add_argument("word", metavar="WORD", nargs="?", help="a code, an assumption, a fact or a command")
    _color_argument(parser)


COMMANDS: Sequence[tuple[str, str, Adder, str]] = (
    ("check", "prove or refute every check", _check_arguments, _EXITS),
    ("trace", "walk one packet through the network, step by step, both ways", _trace_arguments, _TRACE_EXITS),
    ("explain", "everything known about one check: exactly which packets fail, and why", _explain_arguments, _EXITS),
    ("fix", "find the smallest edits that make a check met and break no other", _fix_arguments, _FIX_EXITS),
    ("lint", "what decides nothing, never matches or is not used; no check needed", _lint_arguments, _LINT_EXITS),
    ("matrix", "who can reach whom: a table of the whole network", _matrix_arguments, _MATRIX_EXITS),
    ("diff", "which flows become possible and which stop from one file to the next", _diff_arguments, _DIFF_EXITS),
    ("coverage", "the rules, routes and settings that no check rests on", _coverage_arguments, _SCORE_EXITS),
    ("mutate", "which seeded faults the checks catch", _mutate_arguments, _SCORE_EXITS),
    ("graph", "a picture of the network", _graph_arguments, _OTHER_EXITS),
    ("fmt", "the one canonical layout; comments kept", _fmt_arguments, _FMT_EXITS),
    ("import", "write what a template or an export holds as a specification", _import_arguments, _OTHER_EXITS),
    ("init", "write a commented specification to start from", _init_arguments, _OTHER_EXITS),
    ("lsp", "the language server, for an editor to start", _lsp_arguments, _LSP_EXITS),
    ("smt", "the query of one check as SMT-LIB 2", _smt_arguments, _OTHER_EXITS),
    ("certificate", "verify the proofs that check --certificate wrote", _certificate_arguments, _CERTIFICATE_EXITS),
    ("assumptions", "where Azure's documentation leaves a choice", _assumptions_arguments, _OTHER_EXITS),
    ("help", "what a code, an assumption or a fact of Azure means", _help_arguments, _OTHER_EXITS),
)
"""Each command: its name and module, what it does, what adds its arguments, and what its help says of the exit status."""


class _Version(argparse.Action):
    """Prints the version; imported only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:  # noqa: A002 - argparse's word
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from asever import __version__  # noqa: PLC0415

        sys.stdout.write(f"asever {__version__}\n")
        parser.exit()


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The whole command line, or that of the command that was asked for: the other sixteen would be built for nothing."""
    parser = _Parser(
        prog="asever",
        description="Proves what an Azure network does with every packet, or shows the packet that breaks it.",
        epilog=_EXITS,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, dest="version", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary, add_arguments, epilog in COMMANDS:
        if only not in (None, name):
            continue
        command = commands.add_parser(
            name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.", epilog=epilog, allow_abbrev=False
        )
        add_arguments(command)
    return parser


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no public name for its commands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return dict(action.choices)
    return {}


def _misspelt_command(arguments: Sequence[str]) -> str | None:
    """What to do about a first word that is no command, None when it is one."""
    first = next((word for word in arguments if not word.startswith("-")), None)
    names = [name for name, *_ in COMMANDS]
    if first is None or first in names:
        return None
    if first.endswith(".asev") or Path(first).is_file():
        return f"did you mean `asever check {first}`?"
    close = _like(first.lower(), names, 0.5)
    return f"did you mean `asever {close}`?" if close else f"the commands are {', '.join(names)}"


# -- Running ------------------------------------------------------------------------------------------------------------


def command() -> NoReturn:
    """The installed command: `main`, and out.

    One short run needs neither a collector of cycles nor an orderly end of every object (a solver has many); leaving both out
    saves an eighth of the whole command (bench/whole_command.py).
    """
    gc.disable()
    status = main()
    sys.stderr.flush()
    os._exit(status)  # standard output is flushed


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status; never raises, apart from what the interpreter itself cannot survive."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A name of the input may hold letters that the terminal's encoding lacks; they are shown escaped.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has enough (`| head`). Nothing is left to say, not even when the interpreter flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return INTERRUPTED
    except SystemExit as stop:  # argparse: help, version, wrong usage
        sys.stdout.flush()
        return stop.code if isinstance(stop.code, int) else Status.MET
    except UsageError as error:
        complain(f"asever {arguments[0]}", str(error), advice=error.advice)
        return Status.WRONG_INPUT
    except Exception as error:  # noqa: BLE001 - the last line of defence: a user gets a sentence, never a traceback
        return _internal(error)
    return status


def _run(arguments: Sequence[str]) -> int:
    known = {name for name, *_ in COMMANDS}
    parser = build_parser(arguments[0] if arguments and arguments[0] in known else None)
    if not arguments:
        complain("asever", "a command is missing", usage=parser.format_help())
        return Status.WRONG_INPUT
    advice = _misspelt_command(arguments)
    if advice is not None and not {"-h", "--help", "--version"} & set(arguments[:1]):
        word = next(word for word in arguments if not word.startswith("-"))
        complain("asever", f"there is no command called `{word}`", advice=advice, usage=parser.format_usage())
        return Status.WRONG_INPUT
    return _run_module(parser.parse_args(arguments))


def _run_module(arguments: argparse.Namespace) -> int:
    """Runs a command by its module, so that nothing is imported before it is known which one is asked for."""
    word = arguments.command
    status: int = import_module(f"asever.commands.{word}{'_' if iskeyword(word) else ''}").run(arguments)
    return status


def _internal(error: Exception) -> int:
    """Our own mistake, in a few words, with what to send us. A disagreement of the readings carries its reproducer."""
    if os.environ.get(TRACEBACK):
        raise error
    if type(error).__name__ == "ReadingsDisagree":
        sys.stderr.write(f"asever: error[readings-disagree]: the solver and the interpreter give different answers\n{error}\n")
        sys.stderr.write("  help: this is a bug in asever; please report it with the text above, which reproduces it\n")
        return Status.INTERNAL
    if type(error).__name__ == "NotCertified":
        sys.stderr.write(f"asever: error[solvers-disagree]: {error}\n{getattr(error, 'reproducer', '')}")
        sys.stderr.write("  help: this is a bug; please report it with the text above, which reproduces it\n")
        return Status.INTERNAL
    if type(error).__name__ == "WorkerLost":
        sys.stderr.write(f"asever: error: {error}, and what it was asked is not known\n")
        sys.stderr.write("  help: if memory ran out, use fewer processes with --jobs\n")
        return Status.INTERNAL
    text = str(error).split("\n", 1)[0]
    sys.stderr.write(f"asever: internal error: {type(error).__name__}{': ' + text if text else ''}\n")
    sys.stderr.write(
        f"  help: this is a bug in asever; please report it with the file and the command ({TRACEBACK}=1 shows where)\n"
    )
    return Status.INTERNAL
