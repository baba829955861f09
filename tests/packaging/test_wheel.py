"""The wheel holds the grammar, the library and the schema, and works where there is no checkout."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import asever
from asever.syntax.lalr import STARTS

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="hatchling builds the wheel"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    arguments = ("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    subprocess.run([*PIP, *arguments], check=True, capture_output=True, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel alone in a folder; its dependencies come from the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [*PIP, "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel)], check=True, capture_output=True
    )
    return folder


def test_the_wheel_holds_all_data(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "asever/py.typed",
        "asever/_shipped/grammar/asever.lark",
        "asever/_shipped/std/services.asev",
        "asever/report/schema.json",
        "asever/report/certificate-schema.json",
        "asever/commands/starter.asev",
    } <= names
    assert len([name for name in names if name.startswith("asever/_shipped/tables/")]) == len(STARTS)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "examples/"))]


def test_the_wheel_does_not_tell_where_it_was_built(wheel):
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if str(ROOT).encode() in archive.read(name)]


def test_it_works_outside_the_checkout(installed, tmp_path):
    shutil.copy(ROOT / "examples" / "layered.asev", tmp_path)

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "asever", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )

    check = run("check", "--format", "json", "layered.asev")
    assert check.returncode == 1, check.stderr
    assert len(json.loads(check.stdout)["checks"]) == 7
    assert run("init", "new").returncode == 0
    assert run("check", "new/network.asev").returncode == 0
    where = subprocess.run(
        [sys.executable, "-c", "import asever; print(asever.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(installed)


def test_the_first_run_finds_the_tables_of_the_parser(installed, tmp_path):
    """Making them takes half a second; lark's builder of tables is not even called."""
    shutil.copy(ROOT / "examples" / "layered.asev", tmp_path)
    counting = (
        "import sys, lark.lark; from asever.cli import main\n"
        "def made(*_, **__): raise AssertionError('tables are made')\n"
        "lark.lark._construct_parsing_frontend = made\n"
        "sys.exit(main(['check', 'layered.asev', '-']))"
    )
    run = subprocess.run(
        [sys.executable, "-c", counting],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed), "ASEVER_CACHE": "off"},
        input="vnet corp {",  # a mistake, for the other table
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3, run.stderr
    assert "tables are made" not in run.stderr
    assert "error[" in run.stderr


def test_the_version_is_told_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == asever.__version__
