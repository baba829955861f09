"""JSON texts are read as Azure's tools read them, with places; whatever is wrong ends in one diagnostic, soon."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asever.diagnostics import Diagnostic
from asever.importers.json_text import LARGEST, WIDEST, parse, source_file
from asever.source import SourceFile
from tests.slowness import slowness


def read(text):
    return parse(SourceFile("x.json", text))


def plain(value):
    match value.plain:
        case tuple() as items:
            return [plain(item) for item in items]
        case dict() as members:
            return {name: plain(member) for name, member in members.items()}
        case other:
            return other


def wrong(text):
    problem = read(text)
    assert isinstance(problem, Diagnostic)
    return problem


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON, st.booleans())
def test_a_text_that_the_standard_library_writes_is_read_as_it_was(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)

    assert plain(read(text)) == json.loads(text)


@given(st.text(alphabet='{}[]",:/*\\ \n0-9truefalsn.e+-', max_size=60))
def test_any_text_is_a_value_or_a_diagnostic_with_a_place_in_it(text):
    result = read(text)

    if isinstance(result, Diagnostic):
        assert 0 <= result.primary.span.start <= result.primary.span.end <= len(text)


@given(JSON, st.data())
def test_what_is_cut_off_is_never_read_as_whole(value, data):
    text = json.dumps([value])

    assert isinstance(read(text[: data.draw(st.integers(0, len(text) - 1))]), Diagnostic)


def test_every_value_knows_where_it_stands():
    value = read('{"a": [1, "two"],\n  "b": true}')

    assert value.at("a").span.text == '[1, "two"]'
    assert value.get("a").items[1].span.text == '"two"'
    assert (value.get("b").span.line, value.get("b").span.column) == (2, 8)


def test_comments_line_ends_in_texts_and_a_last_comma_are_taken():
    value = read('// head\n{ /* one */ "a" /**/ : // two\n [1, 2, /* three */ ], "b": "x\ny", }\n// end')

    assert plain(value) == {"a": [1, 2], "b": "x\ny"}


def test_slashes_in_a_text_are_no_comment():
    assert plain(read('["https://x/*y*/"]')) == ["https://x/*y*/"]


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf{"a": "\xc3\xa4"}',
        '\ufeff{"a": "\u00e4"}'.encode("utf-16-le"),
        '\ufeff{"a": "\u00e4"}'.encode("utf-16-be"),
    ],
)
def test_byte_order_marks_tell_the_encoding(data):
    assert plain(parse(source_file("x.json", data))) == {"a": "\u00e4"}


def test_line_ends_of_every_kind_give_the_same_places():
    assert parse(source_file("x.json", b'{\r\n"a":\r\n1}')).get("a").span.line == 3


def test_large_numbers_stay_whole():
    assert read("123456789012345678901234567890").plain == 123456789012345678901234567890


@pytest.mark.parametrize(
    ("text", "label", "marked"),
    [
        ('{"a": 1 "b": 2}', "a comma is missing before this", '"'),
        ('{"a" 1}', "a colon is missing after this name", "1"),
        ("{a: 1}", "the name of a member should stand here", "a"),
        ('["a', "this text never ends", '"'),
        ("['a']", "a text stands in straight double quotes", "'"),
        ("[1, True]", "this is no word of JSON", "True"),
        ("[01]", "this is no number of JSON", "01"),
        ("[1e999]", "no number is this large", "1e999"),
        ("[" + "9" * 5000 + "]", "no number is this long", "9" * 5000),
        ("[1}", "this does not close `[`", "}"),
        ('{"a": [1', "this bracket is never closed", "["),
        ("[1] 2", "the value is complete, and something follows it", "2"),
        ("[1 /* 2]", "this comment never ends", "/*"),
        ('["\\x"]', "this is no escape of JSON", "\\x"),
        ("[,]", "a value should stand here", ","),
        ("<html>", "this is markup, not JSON", "<"),
        ("", "the file is empty", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, label, marked):
    problem = wrong(text)

    assert (problem.code, problem.primary.text, problem.primary.span.text) == ("not-json", label, marked)
    assert problem.help


def test_a_name_that_stands_twice_is_shown_with_both_places():
    problem = wrong('{"a": 1, "b": 2, "a": 3}')

    assert (problem.code, problem.primary.span.start, problem.secondary[0].span.text) == ("json-name-twice", 17, "1")


def test_half_of_a_pair_of_code_units_becomes_a_character_that_can_be_shown():
    assert read('"\\ud800x"').plain == "\ufffdx"


@pytest.mark.parametrize("text", ["[" * 1_000_000, '{"a":' * 1_000_000, "[" * 500_000 + "]" * 500_000])
def test_deep_nesting_is_refused_within_a_second(text):
    start = time.perf_counter()

    assert wrong(text).code == "json-too-deep"
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("text", ["/" * 1_000_000, "/*" * 500_000, '"\\' * 500_000, " " * 1_000_000, "[" + "//\n" * 300_000])
def test_texts_made_to_be_slow_are_refused_within_a_second(text):
    start = time.perf_counter()

    assert wrong(text).code == "not-json"
    assert time.perf_counter() - start < 1


def test_an_object_of_more_members_than_any_of_azure_s_is_refused():
    text = "{" + ",".join(f'"{at}":0' for at in range(WIDEST + 1)) + "}"

    assert (wrong(text).code, wrong(text).primary.span.start) == ("json-too-large", 0)


def test_a_file_larger_than_any_of_azure_s_is_refused():
    assert source_file("x.json", b" " * (LARGEST + 1)).code == "json-too-large"


def test_bytes_that_are_no_text_are_refused():
    assert source_file("x.json", b"\xff\x80{").code == "not-json"


def test_three_megabytes_are_read_in_about_half_a_second():
    rule = {"name": "allow", "properties": {"priority": 100, "sourceAddressPrefix": "10.0.0.0/8", "access": "Allow"}}
    text = json.dumps([rule] * 21_000, indent=2)
    assert len(text) > 3_000_000
    start = time.process_time()

    assert len(read(text).items) == 21_000
    assert time.process_time() - start < 2 * slowness()  # a fifth of it on a machine with nothing else to do
