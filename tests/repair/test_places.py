"""Where edits go: in the columns of the lines around them, with comments and layout left alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from asever.diagnostics import Edit
from asever.model.program import Program
from asever.repair.places import (
    NewRule,
    after_declaration,
    appended,
    attribute,
    body_of,
    free_priority,
    new_rule,
    removed,
    replaced,
)
from asever.repair.texts import applied, hunks, rebased
from asever.semantics.loading import load_program
from asever.source import SourceFile, Span

SPEC = """\
vnet corp {
  address 10.0.0.0/16
  subnet apps { address 10.0.1.0/24 }   // no { here
  subnet data { address 10.0.2.0/24  nsg data-tier }
}
vm web { subnet corp/apps  ip 10.0.1.4 }
nsg data-tier {
  inbound {
    100 "SQL"   allow tcp from 10.0.1.0/27 to * port 1433  // why
    200 "other" deny  any from *           to *
  }
}
nsg bare {}
nsg inline { inbound { 200 allow tcp from * to * port 1 } }
"""


@dataclass(frozen=True)
class Loaded:
    program: Program

    @property
    def file(self) -> SourceFile:
        return self.program.files[0]

    def span(self, text: str) -> Span:
        start = self.file.text.index(text)
        return Span(self.file, start, start + len(text))

    def after(self, *edits: Edit | None) -> list[str]:
        assert None not in edits
        old, new = self.file.text.split("\n"), applied(self.file, [one for one in edits if one is not None]).split("\n")
        return [line for line in new if line not in old]


@pytest.fixture
def spec() -> Loaded:
    program, diagnostics = load_program(Path("spec.asev"), text=SPEC)
    assert program is not None, list(diagnostics)
    return Loaded(program)


def test_a_shorter_word_keeps_the_column_of_what_follows(spec):
    assert spec.after(replaced(spec.span("10.0.1.0/27"), "web")) == [
        '    100 "SQL"   allow tcp from web         to * port 1433  // why'
    ]


def test_a_longer_word_uses_the_room_that_there_is(spec):
    star = Span(spec.file, spec.file.text.index("*           to"), spec.file.text.index("*           to") + 1)
    assert spec.after(replaced(star, "VirtualNet")) == ['    200 "other" deny  any from VirtualNet  to *']


def test_a_word_without_room_moves_the_rest_by_one_space(spec):
    assert spec.after(appended(spec.span("10.0.1.0/27"), "web")) == [
        '    100 "SQL"   allow tcp from 10.0.1.0/27, web to * port 1433  // why'
    ]


def test_a_rule_that_goes_takes_its_line_along(spec):
    rule = spec.program.network.groups["data-tier"].inbound[1]
    text = applied(spec.file, [removed(rule.span)])
    assert '"other"' not in text
    assert text.count("\n") == SPEC.count("\n") - 1


def test_a_rule_on_a_shared_line_goes_alone(spec):
    rule = spec.program.network.groups["inline"].inbound[0]
    assert spec.after(removed(rule.span)) == ["nsg inline { inbound { } }"]


RULE = NewRule(name="new", access="allow", protocol="udp", source="web", target="*", ports="53")


def test_a_new_rule_stands_among_the_others_in_their_columns(spec):
    group = spec.program.network.groups["data-tier"]
    edit = new_rule(group.span, group.inbound, "inbound", 110, RULE)
    assert spec.after(edit) == ['    110 "new"   allow udp from web         to * port 53']


@pytest.mark.parametrize(("name", "priority"), [("bare", 100), ("inline", 300), ("inline", 100)])
def test_a_new_rule_in_any_list_is_read_again_as_what_it_says(spec, name, priority):
    group = spec.program.network.groups[name]
    edit = new_rule(group.span, group.inbound, "inbound", priority, RULE)
    assert edit is not None
    program, diagnostics = load_program(Path("spec.asev"), text=applied(spec.file, [edit]))
    assert program is not None, list(diagnostics)
    assert "new" in [rule.name for rule in program.network.groups[name].inbound]


def test_an_attribute_is_set_or_written_anew(spec):
    data, apps = spec.program.network.subnets["corp/data"], spec.program.network.subnets["corp/apps"]
    assert spec.after(attribute(data.span, data.parts, "nsg", "bare")) == ["  subnet data { address 10.0.2.0/24  nsg bare }"]
    assert spec.after(attribute(apps.span, apps.parts, "nsg", "bare")) == [
        "  subnet apps { address 10.0.1.0/24  nsg bare }   // no { here"
    ]


def test_a_declaration_follows_the_one_it_belongs_to(spec):
    edit = after_declaration(spec.program.network.vnets["corp"].span, "asg web-apps")
    text = applied(spec.file, [edit])
    assert "nsg data-tier }\n}\n\nasg web-apps\nvm web" in text


def test_braces_in_comments_and_names_end_nothing(spec):
    inside = body_of(spec.program.network.vnets["corp"].span)
    assert inside is not None
    assert inside.text.rstrip().endswith("nsg data-tier }")


@pytest.mark.parametrize(
    ("taken", "before", "priority"),
    [
        ([100, 200], 200, 110),
        ([100, 110], 110, 101),
        ([100, 101, 300], 300, 200),
        ([200, 201], 201, 100),
        ([100, 101, 102], 102, None),
        ([], 4097, 100),
    ],
)
def test_a_free_priority_is_round_and_just_before(taken, before, priority):
    assert free_priority(taken, before, 100) == priority


def test_edits_of_an_edited_text_are_carried_back(spec):
    first = replaced(spec.span("10.0.1.0/27"), "corp/apps, web")
    edited = SourceFile(spec.file.name, applied(spec.file, [first]))
    at = edited.text.index('"other"')
    second = rebased(Edit(Span(edited, at, at + len('"other"')), '"rest"'), {spec.file.name: spec.file}, [first])
    assert second is not None
    assert second.span.text == '"other"'


def test_what_an_edit_wrote_is_not_edited_again(spec):
    first = replaced(spec.span("10.0.1.0/27"), "corp/apps")
    edited = SourceFile(spec.file.name, applied(spec.file, [first]))
    at = edited.text.index("from corp/apps") + len("from ")
    assert rebased(Edit(Span(edited, at, at + 3), "x"), {spec.file.name: spec.file}, [first]) is None


def test_hunks_hold_changed_lines_alone(spec):
    group = spec.program.network.groups["data-tier"]
    edit = new_rule(group.span, group.inbound, "inbound", 110, RULE)
    [hunk] = hunks([spec.file], [edit])
    assert (hunk.line, hunk.old) == (10, ())
    assert len(hunk.new) == 1
