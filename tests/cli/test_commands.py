"""The command line as scripts see it: exit status, what goes to which stream, and what is imported."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from asever import pipeline
from asever.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
LAYERED = ROOT / "examples" / "layered.asev"
SCHEMA = Draft202012Validator(json.loads((ROOT / "asever" / "report" / "schema.json").read_text(encoding="utf-8")))

NETWORK = """\
import "std/services"

vnet corp {
  address 10.0.0.0/16

  subnet apps { address 10.0.1.0/24 }
  subnet data { address 10.0.2.0/24  nsg data-tier }
}

vm web { subnet corp/apps  ip 10.0.1.4 }
vm sql { subnet corp/data  ip 10.0.2.4 }

nsg data-tier {
  inbound {
    100 "SQL" allow tcp from corp/apps to * port 1433
    200       deny  any from * to *
  }
}

"""
HOLDS = f'{NETWORK}check "SQL arrives" web reaches sql on mssql\n'
VIOLATED = f'{NETWORK}check "SSH arrives" web reaches sql on ssh\n'
UNKNOWN = f"""\
{NETWORK}vm partner-door {{ subnet corp/apps  ip 10.0.1.5  public-ip 40.1.1.1  nsg partners }}
nsg partners {{ inbound {{ 100 allow tcp from Storage to * port 443 }} }}
check "through" 8.8.8.8 reaches partner-door on https
"""
EXPECTED = f'{NETWORK}check "no SSH" web reaches sql on ssh expect violated\n'


@dataclass(frozen=True)
class Run:
    returncode: int
    stdout: str
    stderr: str


def asever(*arguments, stdin="", folder=ROOT):
    """One command in this process, with streams of its own."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin if isinstance(stdin, bytes) else stdin.encode()), encoding="utf-8")
        )
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        status = main([str(one) for one in arguments])
        out.flush()
        err.flush()
    return Run(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def in_a_process(*arguments, code=None, **environment):
    start = ("-m", "asever") if code is None else ("-c", code)
    return subprocess.run(
        [sys.executable, *start, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def spec(tmp_path):
    def write(text, name="spec.asev"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


# -- Exit status and streams --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status", "word"),
    [(HOLDS, 0, "HOLDS"), (VIOLATED, 1, "VIOLATED"), (EXPECTED, 0, "VIOLATED"), (HOLDS + VIOLATED[len(NETWORK) :], 1, "HOLDS")],
)
def test_the_exit_status_tells_the_verdict(spec, text, status, word):
    run = asever("check", spec(text))
    assert (run.returncode, run.stderr) == (status, "")
    assert run.stdout.startswith(word)


def test_unknown_is_two_and_violated_wins(spec):
    run = asever("check", spec(UNKNOWN))
    assert run.returncode == 2
    assert run.stdout.startswith("UNKNOWN")
    assert "Storage" in run.stdout
    assert asever("check", spec(UNKNOWN), spec(VIOLATED, "other.asev")).returncode == 1


@pytest.mark.parametrize(
    "text",
    [
        "vnet {",
        "check one reaches two",
        "\x00\x01\x02\xff",
        "vnet corp { address 10.0.0.1/16 }",
        'import "nowhere"',
        "{" * 5000,
        "check " * 3000,
        HOLDS.replace("web reaches", "wbe reaches"),
        HOLDS.replace("1433", "99999"),
    ],
)
def test_wrong_input_is_three_with_a_place_and_no_traceback(spec, text):
    path = spec(text)
    run = asever("check", path)
    assert run.returncode == 3
    assert run.stdout == ""
    assert f"{path}:" in run.stderr
    assert "error[" in run.stderr
    assert "nothing was checked" in run.stderr
    assert "Traceback" not in run.stderr


def test_bytes_that_are_no_text_are_wrong_input(tmp_path):
    path = tmp_path / "binary.asev"
    path.write_bytes(bytes(range(256)) * 40)
    run = asever("check", path)
    assert (run.returncode, run.stdout) == (3, "")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("command", [("check",), ("explain",), ("fmt",), ("smt",), ("trace",)])
def test_a_missing_file_is_wrong_input(command):
    more = {"smt": ("x",), "explain": ("x",), "trace": ("--from", "a", "--to", "b")}.get(command[0], ())
    run = asever(*command, "nowhere.asev", *more)
    assert (run.returncode, run.stdout) == (3, "")
    assert "nowhere.asev" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "a command is missing"),
        (("chek", "x.asev"), "did you mean `asever check`?"),
        (("examples/layered.asev",), "did you mean `asever check examples/layered.asev`?"),
        (("check",), "FILE"),
        (("check", LAYERED, "--formt", "json"), "did you mean --format?"),
        (("check", LAYERED, "--source-prt", "1"), "usage: asever check"),
        (("check", LAYERED, "--format", "yaml"), "yaml"),
        (("check", LAYERED, "--timeout", "soon"), "not a number of seconds"),
        (("check", LAYERED, "--timeout", "-1"), "not a number of seconds"),
        (("check", LAYERED, "--assume", "x"), "NAME=VALUE"),
        (("check", LAYERED, "--assume", "private-frontends=silent"), "did you mean `private-front-ends`?"),
        (
            ("check", LAYERED, "--assume", "private-front-ends=silent", "--assume", "private-front-ends=answer"),
            "private-front-ends is given as `silent` and as `answer`",
        ),
        (("check", LAYERED, "--only", "front dor"), "front dor"),
        (("check", LAYERED, "--output", "/nowhere/at/all"), "cannot be written"),
        (("trace", LAYERED, "--from", "one", "--to", "two", "--tcp", "70000"), "not a port"),
        (("trace", LAYERED, "--from", "on", "--to", "two"), "on"),
        (("smt", LAYERED, "front door call the API"), "did you mean `front door calls the API`?"),
        (("help", "nonsense-word"), "nothing about `nonsense-word`"),
        (("help", "host-bit-set"), "did you mean `host-bits-set`"),
    ],
)
def test_a_wrong_command_line_is_three_and_says_what_to_do(arguments, says):
    run = asever(*arguments)
    assert run.returncode == 3
    assert run.stdout == ""
    assert says in run.stderr
    assert "Traceback" not in run.stderr


def test_help_and_version_are_results():
    assert asever("--version").stdout == "asever 0.1.0\n"
    run = asever("--help")
    assert (run.returncode, run.stderr) == (0, "")
    assert all(name in run.stdout for name, *_ in COMMANDS)
    for name, *_ in COMMANDS:
        assert asever(name, "--help").returncode == 0


def test_our_own_mistake_is_four_without_a_traceback(spec, monkeypatch):
    monkeypatch.setattr("asever.pipeline.told_all", None)
    run = asever("check", spec(HOLDS))
    assert (run.returncode, run.stdout) == (4, "")
    assert "internal error: TypeError" in run.stderr
    assert "please report" in run.stderr
    assert "Traceback" not in run.stderr


def test_readings_that_disagree_are_four_with_the_reproducer(spec, monkeypatch):
    def disagree(*_, **_named):
        raise pipeline.ReadingsDisagree("flow tcp 10.0.1.4")

    monkeypatch.setattr("asever.pipeline.told_all", disagree)
    run = asever("check", spec(HOLDS))
    assert run.returncode == 4
    assert "readings-disagree" in run.stderr
    assert "flow tcp 10.0.1.4" in run.stderr


def test_a_reader_that_has_enough_is_no_error():
    with subprocess.Popen([sys.executable, "-u", "-m", "asever", "help"], cwd=ROOT, stdout=-1, stderr=-1) as run:
        run.stdout.close()
        assert (run.wait(60), run.stderr.read()) == (141, b"")


def test_an_interruption_is_130(spec, monkeypatch):
    def interrupt(*_, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("asever.pipeline.told_all", interrupt)
    run = asever("check", spec(HOLDS))
    assert (run.returncode, run.stdout) == (130, "")
    assert "Traceback" not in run.stderr


# -- Input and output ---------------------------------------------------------------------------------------------------


def test_standard_input_is_a_file_called_stdin():
    assert asever("check", "-", stdin=HOLDS).returncode == 0
    run = asever("check", "-", stdin="vnet {")
    assert run.returncode == 3
    assert "<stdin>:1:" in run.stderr


def test_several_files_are_one_report(spec):
    run = asever("check", spec(HOLDS), spec(VIOLATED, "other.asev"))
    assert run.returncode == 1
    assert run.stdout.endswith("2 checks: 1 holds, 1 violated\n")
    both = json.loads(asever("check", "--format", "json", spec(HOLDS), spec(VIOLATED, "other.asev")).stdout)
    assert [Path(one["location"]["file"]).name for one in both["checks"]] == ["spec.asev", "other.asev"]


def test_nothing_is_checked_while_a_file_is_wrong(spec):
    run = asever("check", spec(HOLDS), spec("vnet {", "wrong.asev"))
    assert (run.returncode, run.stdout) == (3, "")


def test_only_may_name_checks_of_some_files(spec):
    run = asever("check", spec(HOLDS), spec(VIOLATED, "other.asev"), "--only", "SQL*")
    assert run.returncode == 0
    assert run.stdout.endswith("1 check: 1 holds\n")


def test_fail_fast_stops(spec):
    run = asever("check", spec(VIOLATED + HOLDS[len(NETWORK) :]), "--fail-fast")
    assert run.stdout.endswith("1 check: 1 violated\n")


def test_the_same_input_gives_the_same_bytes():
    one, other = (in_a_process("check", LAYERED, PYTHONHASHSEED=seed) for seed in ("1", "7"))
    assert one.returncode == other.returncode == 1
    assert one.stdout == other.stdout == asever("check", LAYERED).stdout


def test_the_result_goes_where_it_is_told(spec, tmp_path):
    path = spec(VIOLATED)
    run = asever("check", path, "--output", tmp_path / "out.txt")
    assert (run.returncode, run.stdout) == (1, "")
    assert (tmp_path / "out.txt").read_text() == asever("check", path).stdout


def test_colour_is_for_terminals_and_for_those_who_ask(spec):
    path = spec(VIOLATED)
    assert "\x1b[" not in asever("check", path).stdout
    assert "\x1b[" in asever("check", path, "--color", "always").stdout
    assert "\x1b[" not in asever("check", path, "--color", "never").stdout


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo terminals here")
def test_a_terminal_is_painted_unless_its_user_says_no(spec):
    path = spec(VIOLATED)
    for environment, painted in (({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        ours, theirs = os.openpty()
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            subprocess.run(
                [sys.executable, "-m", "asever", "check", path],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "TERM": "xterm", **environment},
                stdout=theirs,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # the end of a pseudo terminal
                while part := terminal.read(4096):
                    shown += part
        assert (b"\x1b[" in shown) == painted
        assert b"VIOLATED" in shown


def test_json_is_as_the_schema_says(spec):
    for text in (HOLDS, VIOLATED, EXPECTED):
        SCHEMA.validate(json.loads(asever("check", "--format", "json", spec(text)).stdout))
    run = asever("check", "--format", "json", spec("vnet {"))
    assert run.returncode == 3
    SCHEMA.validate(json.loads(run.stdout))
    assert "error[" in run.stderr


def test_layered_in_json_is_the_documented_example():
    check = json.loads(asever("check", "--format", "json", "examples/layered.asev").stdout)["checks"][0]
    assert check["name"] == "front door calls the API"
    assert check["text"] == "one reaches two on web"
    assert check["location"] == {"file": "examples/layered.asev", "line": 33, "column": 1}
    found = check["counterexample"]
    assert found["packet"]["source"] == "10.0.1.4"
    assert found["packet"]["source_port"] == 49152
    assert found["packet"]["destination"] == "192.23.1.3"
    assert (found["origin"], found["target"], found["outcome"], found["seen_as"]) == ("one", "two", "dropped", "192.23.1.2")
    assert found["blockers"][0]["rule"] == "DenyAllInBound"
    miss = found["near_misses"][0]
    assert (miss["rule"], miss["priority"], miss["field"]) == ("front door", 200, "source")
    assert (miss["wants"], miss["sees"]) == ("10.0.1.0/26", "192.23.1.2")


# -- Other commands -----------------------------------------------------------------------------------------------------


LINTED = NETWORK.replace("200       deny ", '150 "more SQL" allow tcp from 10.0.1.4 to * port 1433\n    200       deny ')


def test_lint_tells_by_its_exit_status_whether_something_was_found(spec):
    assert asever("lint", spec(NETWORK)) == Run(0, "0 findings in 1 file\n", "")
    run = asever("lint", spec(LINTED))
    assert (run.returncode, run.stderr) == (1, "")
    assert "warning[shadowed-rule]" in run.stdout
    assert run.stdout.endswith("1 finding in 1 file: 1 shadowed-rule\n")
    assert asever("lint", spec("vnet {")).returncode == 3


def test_lint_shows_what_is_asked_for(spec):
    file = spec(LINTED + "asg nobody\n")
    assert asever("lint", file, "--quiet").stdout.count("\n") == 2
    only = asever("lint", file, "--only", "unused-asg", "--format", "json")
    assert [one["code"] for one in json.loads(only.stdout)["findings"]] == ["unused-asg"]
    SCHEMA.validate(json.loads(only.stdout))
    assert asever("lint", file, "--only", "rule-name").returncode == 0
    wrong = asever("lint", file, "--only", "unused-natgateway")
    assert (wrong.returncode, "did you mean `unused-nat-gateway`?" in wrong.stderr) == (3, True)


def test_lint_of_a_wrong_file_says_so_in_json_too(spec):
    run = asever("lint", "--format", "json", spec("vnet {"))
    assert run.returncode == 3
    SCHEMA.validate(json.loads(run.stdout))
    assert run.stderr.endswith("errors, nothing was looked at\n")


def test_fmt_rewrites_in_place_and_check_only_names(spec):
    path = spec("vnet   corp{address 10.0.0.0/16}   // ours\n")
    before = path.read_text()
    check = asever("fmt", "--check", path)
    assert (check.returncode, path.read_text()) == (1, before)
    assert str(path) in check.stdout
    assert asever("fmt", path).returncode == 0
    assert path.read_text() != before
    assert "// ours" in path.read_text()
    assert asever("fmt", "--check", path).returncode == 0


def test_fmt_reads_standard_input():
    run = asever("fmt", "-", stdin="vnet   corp{address 10.0.0.0/16}")
    assert run.returncode == 0
    assert run.stdout == asever("fmt", "-", stdin=run.stdout).stdout


def test_fmt_leaves_a_wrong_file_alone(spec):
    path = spec("vnet {")
    run = asever("fmt", path)
    assert (run.returncode, path.read_text()) == (3, "vnet {")
    assert "error[" in run.stderr


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_fmt_writes_line_ends_of_one_kind(tmp_path, ends):
    path = tmp_path / "ends.asev"
    path.write_bytes(b"\xef\xbb\xbf" + f"// ours{ends}vnet corp {{ address 10.0.0.0/16 }}{ends}".encode())
    assert asever("fmt", "--check", path).returncode == 1
    assert asever("fmt", path).returncode == 0
    assert path.read_bytes() == b"// ours\nvnet corp { address 10.0.0.0/16 }\n"


@pytest.mark.parametrize("command", [("check", "FILE"), ("fmt", "FILE"), ("check", "-"), ("fmt", "-")])
@pytest.mark.parametrize(
    ("data", "says"),
    [(b"// caf\xe9\nnsg g { }\n", "error[not-utf-8]"), (b"nsg g { }\n" * 3_300_000, "error[file-too-large]")],
    ids=["bytes that are no text", "nine megabytes"],
)
def test_fmt_and_check_leave_alone_what_they_cannot_read(tmp_path, command, data, says):
    path = tmp_path / "odd.asev"
    path.write_bytes(data)
    run = asever(*(path if one == "FILE" else one for one in command), stdin=data)
    assert (run.returncode, run.stdout, path.read_bytes()) == (3, "", data)
    assert says in run.stderr


def test_fmt_goes_on_after_a_file_that_is_not_there(spec):
    path = spec("vnet   corp{address 10.0.0.0/16}")
    run = asever("fmt", "nowhere.asev", path)
    assert (run.returncode, path.read_text()) == (3, "vnet corp { address 10.0.0.0/16 }\n")
    assert "nowhere.asev:1:1: error[no-such-file]" in run.stderr


def test_fmt_keeps_the_permissions(spec):
    path = spec("vnet   corp{address 10.0.0.0/16}")
    path.chmod(0o640)
    asever("fmt", path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_init_writes_what_checks_green_and_is_formatted(tmp_path):
    run = asever("init", tmp_path / "new")
    path = tmp_path / "new" / "network.asev"
    assert run.returncode == 0
    assert asever("check", path).returncode == 0
    assert asever("fmt", "--check", path).returncode == 0


def test_init_never_overwrites(spec):
    path = spec("mine", "network.asev")
    run = asever("init", path.parent)
    assert (run.returncode, path.read_text()) == (3, "mine")
    assert "never overwrites" in run.stderr


def test_smt_writes_a_query_that_z3_answers_alike(tmp_path):
    import z3  # noqa: PLC0415 - only here

    for name, answer in (("front door calls the API", z3.sat), ("API is hidden from the Internet", z3.unsat)):
        run = asever("smt", LAYERED, name, "--output", tmp_path / "query.smt2")
        assert run.returncode == 0, run.stderr
        solver = z3.Solver()
        solver.from_file(str(tmp_path / "query.smt2"))
        assert solver.check() == answer


def test_assumptions_are_listed():
    text = asever("assumptions").stdout
    assert "--assume private-front-ends=silent" in text
    listed = json.loads(asever("assumptions", "--format", "json").stdout)["assumptions"]
    assert all(len(one["values"]) == 2 for one in listed)
    assert all(one["sources"] for one in listed)
    assert text.count("  source: ") == len(listed)


def test_help_explains_words():
    assert "Internet call" in asever("help", "call-between-environments").stdout
    assert "--assume private-front-ends=" in asever("help", "private-front-ends").stdout
    assert "usage: asever check" in asever("help", "check").stdout
    assert "call-between-environments" in asever("help").stdout


# -- Trace --------------------------------------------------------------------------------------------------------------


def test_trace_shows_every_step_there_and_back(spec):
    run = asever("trace", spec(HOLDS), "--from", "web", "--to", "sql", "--tcp", "1433")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("This flow is delivered:\n\n      tcp 10.0.1.4:49152 -> 10.0.2.4:1433")
    assert "the reply:" in run.stdout


def test_trace_takes_the_address_that_a_check_would_take():
    run = asever("trace", LAYERED, "--from", "one", "--to", "two", "--tcp", "443")
    assert run.returncode == 1
    assert "-> 192.23.1.3:443" in run.stdout
    assert "192.23.1.2 (one.vip)" in run.stdout
    assert "DenyAllInBound" in run.stdout


def test_trace_says_what_nobody_knows_about_the_way_that_it_shows(spec):
    text = HOLDS.replace("subnet apps {", "subnet apps { service-endpoints Sql")
    run = asever("trace", spec(text), "--from", "web", "--to", "52.1.1.1", "--tcp", "1433")
    assert "one of several ways that it may go: the addresses of service tag Sql are not known" in " ".join(run.stdout.split())


def test_trace_in_json_and_with_everything_given(spec):
    run = asever(
        *("trace", spec(HOLDS), "--from", "corp/apps", "--to", "sql", "--udp", "53", "--source-address", "10.0.1.77"),
        *("--source-port", "5353", "--destination-address", "10.0.2.4", "--format", "json"),
    )
    assert run.returncode == 1, run.stderr
    document = json.loads(run.stdout)
    SCHEMA.validate(document)
    assert document["trace"]["packet"] == {
        "protocol": "udp",
        "source": "10.0.1.77",
        "source_port": 5353,
        "destination": "10.0.2.4",
        "destination_port": 53,
    }
    assert document["trace"]["outcome"] == "dropped"


def test_trace_refuses_an_address_that_is_not_the_senders(spec):
    run = asever("trace", spec(HOLDS), "--from", "web", "--to", "sql", "--source-address", "10.9.9.9")
    assert run.returncode == 3
    assert "10.9.9.9" in run.stderr


def test_trace_of_icmp_has_no_ports(spec):
    run = asever("trace", spec(HOLDS), "--from", "web", "--to", "sql", "--icmp")
    assert "icmp 10.0.1.4 -> 10.0.2.4 " in run.stdout


# -- What is imported ---------------------------------------------------------------------------------------------------

QUICK = """\
import sys, asever.cli as c
c.main(sys.argv[1:])
print(sorted({"z3", "rich", "lark", "asever.importers"} & set(sys.modules)), file=sys.stderr)
"""


def imported(*arguments):
    run = in_a_process(*arguments, code=QUICK)
    return set(run.stderr.strip().splitlines()[-1].strip("[]").replace("'", "").replace(" ", "").split(",")) - {""}


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("check", "--help"), ("help",), ("help", "host-bits-set"), ("assumptions",), ("chek",)],
)
def test_help_needs_no_library(arguments):
    assert imported(*arguments) == set()


def test_fmt_needs_no_solver_and_no_colour():
    assert imported("fmt", "--check", LAYERED) <= {"lark"}


def test_a_syntax_error_needs_no_solver(spec):
    assert imported("check", spec("vnet {")) <= {"lark"}


def test_plain_output_needs_no_rich(spec):
    assert "rich" not in imported("check", spec(HOLDS))


def test_a_program_without_azures_files_needs_no_importer(spec):
    assert "asever.importers" not in imported("check", spec(HOLDS))


def test_the_package_imports_nothing_until_asked():
    code = "import asever, sys; print(sorted(one for one in sys.modules if one.startswith('asever.')))"
    assert in_a_process(code=code).stdout == "[]\n"
