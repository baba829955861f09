"""A certificate is accepted for what it proves, and for nothing else, whatever anybody changed in it."""

from __future__ import annotations

import json
import os
import re
import shutil
from hashlib import sha256
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from asever.azure.assumptions import CROSS_CALL
from asever.certify import checkers
from tests.cli import test_commands
from tests.cli.test_commands import HOLDS, LAYERED, NETWORK

pytestmark = pytest.mark.skipif(find_spec("pysat") is None, reason="needs asever[certificate]")

SCHEMA = Draft202012Validator(
    json.loads(files("asever.report").joinpath("certificate-schema.json").read_text(encoding="utf-8"))
)
SEVERAL = f"""\
{NETWORK}
nsg wider {{ inbound {{
  100 allow tcp from corp/apps to * port 1433-1434
  110 allow tcp from Storage to * port 80
  120 allow tcp from * to * port 80
}} }}
tag partners = 20.1.0.0/16
vm door {{ subnet corp/apps  ip 10.0.1.9 }}

check "SQL arrives"  web reaches sql on mssql
check "no SSH"       web never reaches sql on ssh
check "SSH"          web reaches sql on ssh
check "some port"    corp/apps can reach sql on tcp
check "the Internet" web can reach 20.1.2.3 on https
check "narrower"     nsg data-tier permits no more than nsg wider
check "itself"       nsg wider equals nsg wider
check "all decide"   nsg wider has no dead rules
"""


def asever(*arguments):
    """One command where the test stands."""
    return test_commands.asever(*arguments, folder=Path.cwd())


@pytest.fixture
def certified(tmp_path, monkeypatch):
    """Writes certificates of a text in a folder of its own, and stands there."""
    monkeypatch.chdir(tmp_path)

    def make(text, name="spec.asev", into="proofs", *arguments):
        Path(name).write_text(text, encoding="utf-8")
        run = asever("check", name, "--certificate", into, *arguments)
        assert run.returncode in {0, 1}, run.stderr
        return Path(into)

    return make


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def parts(document):
    return [part for one in document["specifications"] for check in one["checks"] for part in check["parts"]]


def forge(folder, change):
    """Changes the manifest, and makes its digests those of the files that are there now."""
    document = manifest(folder)
    change(document)
    for part in parts(document):
        there = sorted((folder / part["folder"]).iterdir())
        part["files"] = {one.name: sha256(one.read_bytes()).hexdigest() for one in there}
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")


def refused(folder, *arguments):
    run = asever("certificate", "verify", str(folder), *arguments)
    assert (run.returncode, run.stderr) == (1, ""), run.stdout
    assert run.stdout.startswith("REFUSED   ")
    return " ".join(run.stdout.split()[1:])


def test_what_holds_is_certified_and_accepted(certified):
    folder = certified(SEVERAL)
    run = asever("certificate", "verify", str(folder))
    assert (run.returncode, run.stderr) == (0, "")
    assert re.findall(r"^ACCEPTED  (.+)$", run.stdout, re.MULTILINE) == [
        "SQL arrives",
        "no SSH",
        "some port",
        "the Internet",
        "narrower",
        "itself",
        "all decide",
    ]
    assert "NO PROOF  SSH (violated)" in run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 80


def test_each_kind_of_claim_is_shown_by_what_makes_it_true(certified):
    folder = certified(SEVERAL)
    run = asever("certificate", "verify", str(folder), "--format", "json")
    document = json.loads(run.stdout)
    SCHEMA.validate(document)
    counts = {one["name"]: (one["proofs"], one["witnesses"]) for one in document["checks"]}
    assert counts["SQL arrives"] == counts["no SSH"] == (1, 0)
    assert counts["some port"] == (0, 1)
    # Its calls carry an address that nobody knows: that it arrives whatever that is needs a proof.
    assert counts["the Internet"] == (1, 1)
    assert counts["narrower"][1] == counts["itself"][1] == 0
    assert counts["narrower"][0] >= 1
    assert counts["all decide"] == (0, 3)


def test_a_health_pack_has_a_certificate_for_each_requirement(certified):
    text = """\
vnet corp { address 10.0.0.0/16  subnet ase { address 10.0.1.0/24 } }
ase one { version v1  subnet corp/ase  vip 20.1.1.1 }
check one is healthy
"""
    folder = certified(text)
    (check,) = manifest(folder)["specifications"][0]["checks"]
    assert len(check["parts"]) > 1
    assert asever("certificate", "verify", str(folder)).returncode == 0
    forge(folder, lambda document: document["specifications"][0]["checks"][0]["parts"].pop())
    assert "not all of them are certified" in refused(folder)


def test_the_query_is_the_one_that_smt_writes(certified):
    folder = certified(HOLDS)
    assert (folder / "001-sql-arrives" / "query.smt2").read_text() == asever("smt", "spec.asev", "SQL arrives").stdout


def test_imports_and_the_library_are_part_of_what_it_is_about(certified):
    folder = certified(HOLDS)
    (one,) = manifest(folder)["specifications"]
    assert len(one["sources"]) == 2
    assert one["sources"][0]["sha256"] == sha256(Path("spec.asev").read_bytes()).hexdigest()


def test_the_same_input_makes_the_same_bytes(certified):
    one, other = certified(SEVERAL, into="one"), certified(SEVERAL, into="other")
    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(names) > 10
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def test_the_report_names_the_folders(certified):
    certified(HOLDS)
    assert "certificate: again/001-sql-arrives" in asever("check", "spec.asev", "--certificate", "again").stdout
    run = asever("check", "spec.asev", "--certificate", "third", "--format", "json")
    assert json.loads(run.stdout)["checks"][0]["certificate"] == [str(Path("third", "001-sql-arrives"))]


# -- Changed bytes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forged", [False, True], ids=["bytes", "bytes and digests"])
@pytest.mark.parametrize("suffix", ["smt2", "cnf"])
def test_a_changed_query_or_clause_is_refused(certified, suffix, forged):
    folder = certified(HOLDS)
    path = folder / "001-sql-arrives" / f"query.{suffix}"
    path.write_bytes(path.read_bytes().replace(b"c 1 ", b"c 2 ", 1).replace(b"Written", b"written", 1))
    if forged:
        forge(folder, lambda _: None)
    assert f"query.{suffix}" in refused(folder)


def test_every_changed_byte_of_a_proof_is_refused(certified):
    folder = certified(HOLDS)
    path = folder / "001-sql-arrives" / "query.drat"
    original = path.read_bytes()
    for index in range(len(original)):
        path.write_bytes(original[:index] + bytes([original[index] ^ 1]) + original[index + 1 :])
        assert "other bytes" in refused(folder)


@pytest.mark.parametrize("checker", [checkers.OWN, checkers.DRATIFY])
def test_a_truncated_proof_is_refused_though_its_digest_is_right(certified, checker, monkeypatch):
    if checker == checkers.DRATIFY and find_spec("dratify") is None:
        pytest.skip("needs asever[certificate]")
    # Clauses that unit propagation alone does not refute: their proof has steps that matter.
    rules = "\n".join(
        f"{100 + 4 * source + port} allow tcp from 10.0.1.{64 * source}/26 to * port {port * 16384}-{port * 16384 + 16383}"
        for source in range(4)
        for port in range(4)
    )
    folder = certified(
        f"""\
vnet corp {{ address 10.0.0.0/16  subnet apps {{ address 10.0.1.0/24 }}  subnet data {{ address 10.0.2.0/24  nsg tiles }} }}
nsg tiles {{ inbound {{ {rules}
4096 deny any from * to * }} }}
check "all" corp/apps reaches corp/data on tcp 1-65535
"""
    )
    monkeypatch.setattr(checkers, "checker", lambda: checker)
    monkeypatch.setattr("asever.certify.verify.checker", lambda: checker)
    run = asever("certificate", "verify", str(folder))
    assert run.returncode == 0
    assert checker in run.stdout
    path = folder / "001-all" / "query.drat"
    for text in ("", path.read_text().split("\n", 1)[0] + "\n", "0\n", "not a proof\n"):
        path.write_text(text)
        forge(folder, lambda _: None)
        assert "query.drat" in refused(folder)


def test_drat_trim_is_asked_where_it_is_installed(certified, tmp_path, monkeypatch):
    folder = certified(HOLDS)
    program = tmp_path / "bin" / "drat-trim"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    for said, status in (("s VERIFIED", 0), ("s NOT VERIFIED", 1), ("c s VERIFIED", 1)):
        program.write_text(f'#!/bin/sh\ngrep -q "^p cnf" "$1" && test -f "$2" && echo "{said}"\n')
        program.chmod(0o755)
        run = asever("certificate", "verify", str(folder))
        assert run.returncode == status
        assert "drat-trim" in run.stdout


def test_missing_and_added_files_are_refused(certified):
    folder = certified(HOLDS)
    (folder / "001-sql-arrives" / "more").write_text("")
    assert "more" in refused(folder)
    (folder / "001-sql-arrives" / "more").unlink()
    (folder / "001-sql-arrives" / "query.drat").unlink()
    assert "query.drat is missing" in refused(folder)
    shutil.rmtree(folder / "001-sql-arrives")
    assert "cannot be read" in refused(folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"certificate": 2}', '{"certificate": 1, "specifications": [{"file": "spec.asev"}]}', "\xff"]
)
def test_a_manifest_that_says_nothing_is_refused(certified, text):
    folder = certified(HOLDS)
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    assert "manifest" in refused(folder)


# -- Something else -----------------------------------------------------------------------------------------------------


def test_a_certificate_of_another_specification_is_refused(certified):
    folder = certified(HOLDS)
    Path("other.asev").write_text(HOLDS.replace("10.0.1.4", "10.0.1.5"), encoding="utf-8")
    assert "another text" in refused(folder, "other.asev")
    Path("spec.asev").write_text(HOLDS + "// more\n", encoding="utf-8")
    assert "another text" in refused(folder)
    assert "1 specifications, and 2 are given" in refused(folder, "spec.asev", "other.asev")


def test_forged_digests_of_a_specification_do_not_help(certified):
    folder = certified(HOLDS)
    changed = HOLDS.replace("port 1433", "port 1434").replace("10.0.1.4 }", "10.0.1.40 }")
    Path("spec.asev").write_text(changed, encoding="utf-8")

    def claim(document):
        document["specifications"][0]["sources"][0]["sha256"] = sha256(changed.encode()).hexdigest()

    forge(folder, claim)
    assert "is not the query of this check" in refused(folder)


def test_swapped_certificates_are_refused(certified):
    folder = certified(SEVERAL)
    one, other = folder / "001-sql-arrives", folder / "002-no-ssh"
    one.rename(folder / "between")
    other.rename(one)
    (folder / "between").rename(other)
    assert "other bytes" in refused(folder)
    forge(folder, lambda _: None)
    assert "is not the query of this check" in refused(folder)


def test_a_certificate_of_another_check_is_refused(certified):
    folder = certified(SEVERAL)

    def swap(document):
        first, second, *_ = document["specifications"][0]["checks"]
        for key in ("name", "text"):
            first[key], second[key] = second[key], first[key]

    forge(folder, swap)
    assert "not certified in" in refused(folder)
    forge(folder, lambda document: document["specifications"][0]["checks"][0].update(name="what nobody wrote"))
    assert "has no check" in refused(folder)


def test_a_violated_check_cannot_be_said_to_hold(certified):
    folder = certified(SEVERAL)
    forge(folder, lambda document: document["specifications"][0]["checks"][2].update(verdict="holds"))
    assert "not all of them are certified" in refused(folder)


ASSUMING = """\
vnet one { address 10.0.0.0/16  subnet a { address 10.0.1.0/24  nsg guard } }
vnet two { address 10.1.0.0/16  subnet b { address 10.1.1.0/24 } }
nsg guard { inbound { 100 allow tcp from VirtualNetwork to * port 80 } }
check "a to itself" one/a never reaches two/b on tcp 80
"""


def test_a_certificate_under_another_assumption_is_refused(certified):
    name, ((recommended, _), (other, _)) = CROSS_CALL.name, CROSS_CALL.values
    chosen, different = f"{name}={other}", f"{name}={recommended}"
    folder = certified(ASSUMING, "spec.asev", "proofs", "--assume", chosen)
    run = asever("certificate", "verify", str(folder))
    assert run.returncode == 0
    assert f"assumed: {chosen}" in run.stdout
    assert asever("certificate", "verify", str(folder), "--assume", chosen).returncode == 0
    assert "is not what --assume says" in refused(folder, "--assume", different)
    forge(folder, lambda document: document["specifications"][0].update(chosen={name: recommended}))
    assert refused(folder)
    forge(folder, lambda document: document["specifications"][0].update(chosen={"no-such": "thing"}))
    assert "no such assumption" in refused(folder)


# -- Witnesses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder_name", "change"),
    [
        ("004-some-port", lambda shown: shown[0]["packet"].update(target_port=80)),
        ("004-some-port", lambda shown: shown[0]["packet"].update(source="10.0.9.9")),
        ("004-some-port", lambda shown: shown[0].update(origin="sql")),
        ("004-some-port", lambda shown: shown[0].update(scope=17)),
        ("004-some-port", lambda shown: shown[0].pop("packet")),
        ("004-some-port", lambda shown: shown.clear()),
        ("005-the-internet", lambda shown: shown[0]["choices"].clear()),
        ("008-all-decide", lambda shown: shown.pop()),
        ("008-all-decide", lambda shown: shown.reverse()),
        ("008-all-decide", lambda shown: shown[2]["packet"].update(target_port=1433, source="10.0.1.4", source_tags=[])),
        ("008-all-decide", lambda shown: shown[1]["packet"].update(source_tags=[])),
        ("008-all-decide", lambda shown: shown[0].update(place=9)),
    ],
)
def test_a_witness_that_does_not_do_it_is_refused(certified, folder_name, change):
    folder = certified(SEVERAL)
    path = folder / folder_name / "witness.json"
    shown = json.loads(path.read_text())
    change(shown)
    path.write_text(json.dumps(shown))
    assert "other bytes" in refused(folder)
    forge(folder, lambda _: None)
    refused(folder)


# -- Wrong input --------------------------------------------------------------------------------------------------------


def test_a_folder_in_use_is_not_written_to(certified):
    folder = certified(HOLDS)
    run = asever("check", "spec.asev", "--certificate", str(folder))
    assert (run.returncode, run.stdout) == (3, "")
    assert "is not empty" in run.stderr


def test_a_folder_without_certificates_is_wrong_input(tmp_path):
    run = asever("certificate", "verify", str(tmp_path))
    assert (run.returncode, run.stdout) == (3, "")
    assert "holds no certificates" in run.stderr


def test_a_specification_with_errors_is_wrong_input(certified):
    folder = certified(HOLDS)
    Path("broken.asev").write_text("vnet {", encoding="utf-8")
    run = asever("certificate", "verify", str(folder), "broken.asev")
    assert (run.returncode, run.stdout) == (3, "")


def test_without_the_extra_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("asever.certify.prover.is_installed", lambda: False)
    run = asever("check", str(LAYERED), "--certificate", str(tmp_path / "proofs"))
    assert (run.returncode, run.stdout) == (3, "")
    assert "pip install 'asever[certificate]'" in run.stderr
    assert not (tmp_path / "proofs").exists()


def test_a_model_of_what_z3_refuted_is_four_with_the_query(certified, monkeypatch):
    Path("spec.asev").write_text(HOLDS, encoding="utf-8")
    monkeypatch.setattr("asever.certify.make.proof_of", lambda _: None)
    run = asever("check", "spec.asev", "--certificate", "proofs")
    assert (run.returncode, run.stdout) == (4, "")
    assert "solvers-disagree" in run.stderr
    assert asever("smt", "spec.asev", "SQL arrives").stdout in run.stderr


def test_a_refusal_is_json_too(certified):
    folder = certified(HOLDS)
    (folder / "001-sql-arrives" / "query.cnf").unlink()
    run = asever("certificate", "verify", str(folder), "--format", "json")
    document = json.loads(run.stdout)
    SCHEMA.validate(document)
    assert (run.returncode, document["accepted"], document["checks"]) == (1, False, [])
    assert "query.cnf is missing" in document["refused"]


def test_without_any_checker_our_own_is_asked(certified, monkeypatch):
    folder = certified(HOLDS)
    monkeypatch.setattr(checkers, "find_spec", lambda _: None)
    monkeypatch.setattr(checkers.shutil, "which", lambda _: None)
    assert "proofs checked by asever's own checker" in asever("certificate", "verify", str(folder)).stdout
