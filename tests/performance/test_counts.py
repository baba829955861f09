"""How much work hot paths do, counted: the same on every machine, unlike seconds (docs/performance.md)."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from asever.azure import effective as tables_of
from asever.azure import filters
from asever.azure.effective import effective
from asever.azure.questions import question
from asever.bulk.crowd import Crowd
from asever.bulk.gates import _Usual
from asever.bulk.pairs import _Pairs
from asever.evaluate import judge
from asever.exact.covers import Covers
from asever.exact.diagram import Lines
from asever.exact.first_match import _Dimension, _Several
from asever.exact.oracle import Oracle
from asever.explain import difference, exactly
from asever.explain.difference import compare
from asever.explain.matrix import Wanted, _Table, matrix
from asever.explain.parties import ANY_PORT_SERVICES
from asever.lint.findings import lint
from asever.model.answers import Proved, Refuted, Shown, Verdict
from asever.model.effective import Action
from asever.model.numbers import NumberSet
from asever.pipeline import Options, explain, run
from asever.repair import trial
from asever.repair.search import Limits, repair
from asever.report import rules as report
from asever.report.text import render_report
from asever.semantics import rules as reading
from asever.semantics.loading import load_program
from asever.semantics.memory import originals
from asever.solve import classes, flows, library, paths, regions, solver
from asever.solve import encode as encoding
from asever.solve import rows as subject
from asever.solve.answer import Depth, answer
from asever.solve.classes import _Classified
from asever.solve.clauses import text_of
from asever.solve.cores import MOST_ROWS
from asever.solve.encode import encode, encode_within
from asever.solve.queries import AIMS, queries
from asever.solve.rows import Rows
from asever.solve.shadows import shadowed
from asever.solve.solver import Session
from asever.source import Span
from asever.syntax import parser
from asever.syntax.items import _tokens

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from as_tables import network, rows
from as_tables import question as flow_question
from generated import large_group, spokes
from networks import hubs_and_spokes
from rule_lists import KINDS as LISTS
from rule_lists import edited
from rule_lists import program as rule_program
from workloads import KINDS

RULES = 1000
WIDE = """
check corp/apps reaches corp/data on tcp 443
check corp/apps reaches corp/data on tcp 1-65535, udp 22
check 10.0.0.0/16 never reaches 10.16.0.9 on tcp 22
check 10.3.0.9 can reach corp/data on tcp 8080, udp 443
check only corp/apps reach corp/data on tcp 443
"""


def loaded(text):
    program, diagnostics = load_program(Path("generated.asev"), text=text)
    assert program is not None, [one.message for one in diagnostics]
    return program


def counted(monkeypatch, owner, name):
    """The calls of a function from now on."""
    calls = []
    real = getattr(owner, name)

    def counting(*arguments, **named):
        calls.append(name)
        return real(*arguments, **named)

    monkeypatch.setattr(owner, name, counting)
    return calls


def texts(program):
    tables = effective(program.network)
    return [text_of(encode(tables, question(program.network, tables, one.claim, {})).terms) for one in program.checks]


def asked_about(workload):
    """The tables of a workload, and its question."""
    return network(rows(workload)), flow_question(workload.asked)


def answers(program, **how):
    """What the checks are answered, the seconds apart."""
    tables = effective(program.network)
    asked = [question(program.network, tables, one.claim, {}) for one in program.checks]
    return [replace(answer(tables, one, seconds=None, guide=Oracle(tables, one), **how), seconds=0.0) for one in asked]


def test_a_check_of_single_machines_looks_at_few_of_a_thousand_rules(monkeypatch):
    program = loaded(large_group(RULES, 20))
    looked_at = counted(monkeypatch, Rows, "match")
    texts(program)
    assert len(looked_at) < 20 * RULES * 0.05


def test_passing_over_rules_leaves_the_answers_as_they_are(monkeypatch):
    program = loaded(large_group(RULES, 20) + WIDE)
    quick = answers(program)
    monkeypatch.setattr(subject, "_MANY", RULES * 2)
    assert answers(program) == quick


@pytest.mark.parametrize("group", [large_group(RULES, 20), large_group(RULES, 0) + WIDE])
def test_a_check_asks_the_solver_for_its_verdict_and_for_the_flow_that_it_shows(group, monkeypatch):
    program = loaded(group)
    asked = counted(monkeypatch, Session, "satisfiable")
    answers(program, core=Depth.NOTHING)
    assert len(asked) <= 3 * len(program.checks)


def test_a_text_about_the_internet_has_the_cuts_that_rules_make_and_not_those_of_the_internet():
    program = loaded(large_group(RULES, 0) + "check Internet never reaches corp/data on tcp 443")
    tables = effective(program.network)
    (check,) = program.checks
    asks = question(program.network, tables, check.claim, {})
    whole, within = encode(tables, asks), encode_within(tables, asks)
    assert len(whole.terms.cuts["source"]) > 20
    assert not within.terms.cuts.get("source")


def test_whether_an_answer_hangs_on_an_assumption_is_asked_as_a_verdict(monkeypatch):
    asked = counted(monkeypatch, Session, "satisfiable")
    program, _ = load_program(Path(__file__).parents[2] / "examples" / "scenarios" / "a7-cross-advertised.asev")
    run(program, Options())
    assert len(asked) <= 30


def test_a_thousand_checks_of_single_machines_read_few_texts(monkeypatch):
    program = loaded(large_group(RULES, 200))
    monkeypatch.setattr(solver, "_shared", lru_cache(maxsize=32)(solver._Solver))  # noqa: SLF001 - nothing from other tests
    read = counted(monkeypatch, library.library(), "solver_from_string")
    answers(program)
    assert len(read) <= 20


def test_checks_of_the_same_two_ends_take_paths_that_are_known(monkeypatch):
    program = loaded(large_group(RULES, 40))
    found = counted(monkeypatch, paths, "_Journey")
    run(program, Options())
    assert 0 < len(found) <= 4  # with and without replies, and with what is granted left open


def test_a_check_of_two_machines_makes_one_text(monkeypatch):
    """For the verdict and for the flow that is shown, or for the verdict and what its proof rests on."""
    program = loaded(large_group(RULES, 40))
    made = counted(monkeypatch, encoding, "_Encoder")
    found = answers(program)
    assert {type(one) for one in found} == {Proved, Refuted}
    assert len(made) == len(program.checks)


def test_a_check_of_whole_subnets_looks_at_few_of_a_thousand_rules_to_decide_about_a_flow(monkeypatch):
    program = loaded(
        large_group(RULES, 0) + "".join(WIDE.splitlines(keepends=True)[:4]) + "check corp/apps can reach corp/data on any\n"
    )
    looked_at = counted(monkeypatch, Rows, "match")
    found = answers(program, core=Depth.NOTHING)
    assert [type(one) for one in found] == [Refuted, Refuted, Refuted, Shown]
    assert len(looked_at) <= 10 * len(found)


def test_a_walk_looks_at_few_of_a_thousand_rules(monkeypatch):
    program = loaded(large_group(RULES, 20))
    looked_at = counted(monkeypatch, judge, "matches")
    run(program, Options())
    assert len(looked_at) < 20 * RULES * 0.05


@pytest.mark.parametrize("name", ["acl", "fw", "ipc", "rectangles", "allowlist refuted", "allowlist proved"])
def test_the_exact_search_confirms_a_thousand_rules_by_looking_at_few(name):
    workload = KINDS[name](RULES, 1)
    tables, asks = asked_about(workload)
    few = Oracle(tables, asks, visits=200)
    said = few.examples(0, AIMS[queries(asks.quantifier).decisive], {}, {})
    assert said is not None
    assert bool(said) is isinstance(answer(tables, asks, seconds=None, core=Depth.NOTHING), Refuted)


def test_a_row_that_permits_is_one_clause_and_no_variable_of_its_own(monkeypatch):
    workload = KINDS["tiling proved"](RULES, 1)
    made = []
    real = flows.text_of
    monkeypatch.setattr(flows, "text_of", lambda *given: made.append(real(*given)) or made[-1])
    assert isinstance(answer(*asked_about(workload), seconds=None, core=Depth.NOTHING), Proved)
    (text,) = made
    cuts = [name for name in text.numbers if ">=" in name]
    fields = {name.partition(">=")[0] for name in cuts}
    assert RULES <= len(text.clauses.splitlines()) - 1 - (len(cuts) - len(fields)) < RULES + 20
    assert text.symbols - len(cuts) < 10


def changes_of_sets(sets):
    return len(_Several(dict(enumerate(sets)))._changing)  # noqa: SLF001 - what the index holds


def changes_of_classes(sets):
    return sum(map(len, _Classified(sets)._classes[1]))  # noqa: SLF001 - what the index holds


@pytest.mark.parametrize("changes", [changes_of_sets, changes_of_classes])
def test_a_set_of_many_ranges_is_indexed_once_however_many_rows_name_it(changes):
    tag = NumberSet.of((10 * number, 10 * number + 5) for number in range(300))
    few, many = (changes([*([tag] * rows), NumberSet.span(0, 99)]) for rows in (1, 500))
    assert many == few


def test_an_explanation_makes_the_rectangles_of_each_set_once(monkeypatch):
    program = loaded(large_group(RULES, 0) + "check corp/apps reaches corp/data on tcp 443\n")
    made = counted(monkeypatch, exactly, "rectangles")
    (check,) = program.checks
    explanation, _ = explain(program, check, Options())
    assert explanation.proved
    assert len(made) == 3


def test_the_proof_of_an_exact_set_reads_no_more_than_its_rectangles_tell_apart(monkeypatch):
    program = loaded(rule_program([*LISTS["corporate"](RULES, 1)], "check corp/apps reaches corp/data on tcp 443\n"))
    texts = []
    monkeypatch.setattr(regions, "text_of", lambda *asked: texts.append(text_of(*asked)) or texts[-1])
    (check,) = program.checks
    explanation, _ = explain(program, check, Options())
    assert explanation.proved
    assert len(texts) == 5
    assert sum(len(one.clauses.splitlines()) for one in texts) < 5_000  # their sources have 9,000 ranges


def test_a_report_words_only_the_rules_that_it_shows(monkeypatch):
    program = loaded(large_group(RULES, 6))
    found = run(program, Options())
    violated = [one for one in found.results if one.trace is not None]
    assert violated
    worded = counted(monkeypatch, report, "mismatches")
    render_report(found, program)
    assert len(worded) <= 30 * len(violated)


@pytest.mark.parametrize("subnets", [20, 60])
def test_a_check_makes_the_rows_of_the_filters_that_it_meets(subnets, monkeypatch):
    program = loaded(hubs_and_spokes(subnets))
    made = counted(monkeypatch, filters, "_rows")
    run(program, Options())
    assert 0 < len(made) <= 4


def test_a_rule_that_is_alike_everywhere_is_made_into_rows_once_for_all_places(monkeypatch):
    program = loaded(spokes(60))
    rules = [rule for group in program.network.groups.values() for rule in (*group.inbound, *group.outbound)]
    made = counted(monkeypatch, filters, "match_everywhere")
    places = {one.place for site in effective(program.network).sites.values() for one in site.inbound if one.rows}
    assert len(places) == 60
    assert 0 < len(made) <= 2 * len(rules)  # both sides of a rule


def test_loading_does_not_find_where_the_parts_of_rules_stand(monkeypatch):
    found = counted(monkeypatch, reading, "_parts")
    program = loaded(hubs_and_spokes(10))
    assert not found
    rule = next(iter(program.network.groups.values())).inbound[0]
    assert rule.parts["priority"].text == str(rule.priority)
    assert rule.parts["access"].text == rule.access
    assert len(found) == 1


CHECKS = ("spoke0/s0 reaches spoke0/s1 on tcp 443", "10.0.0.9 reaches 10.0.1.9 on tcp 443", "spoke0 never reaches 10.0.1.0/24")


@pytest.mark.parametrize("claim", CHECKS)
def test_a_check_makes_the_tables_that_it_meets_and_no_others(claim, monkeypatch):
    made = counted(monkeypatch, tables_of, "_in_subnet")
    numbers = []
    for subnets in (20, 60):
        program = loaded(f"{spokes(subnets)}check {claim}\n")
        made.clear()
        run(program, Options(only=(claim,)))
        numbers.append(len(made))
    assert 0 < numbers[0] == numbers[1] <= 12  # its own spoke has ten, and the hub one


def test_lint_asks_the_solver_about_few_of_a_thousand_rules(monkeypatch):
    program = loaded(large_group(RULES, 0))
    asked = counted(monkeypatch, Session, "satisfiable")
    assert lint(program).findings
    assert len(asked) < RULES * 0.1


@pytest.mark.parametrize("kind", ["corporate", "wildcards", "allowlist", "pairs"])
def test_lint_asks_the_solver_about_no_more_than_a_sample_of_realistic_rules(kind, monkeypatch):
    loaded_one = loaded(rule_program(list(LISTS[kind](RULES, 1))))
    asked = counted(monkeypatch, Session, "satisfiable")
    found = lint(loaded_one)
    assert found.confirmed.solver == 0
    assert len(asked) <= 8 * 4


def test_lint_finds_every_mistake_that_was_planted():
    found = lint(loaded(rule_program(list(LISTS["corporate"](RULES, 1))))).findings
    codes = {"dead": "shadowed-rule", "split": "shadowed-rule", "late": "shadowed-rule", "needless": "redundant-rule"}
    for word, code in codes.items():
        planted = [one for one in LISTS["corporate"](RULES, 1) if f'"{word} ' in one]
        told = [one for one in found if one.code == code and f'"{word} ' in one.message]
        assert planted
        assert len({one.message for one in told}) == len(planted)


@pytest.mark.parametrize(("kind", "most"), [("corporate", 1.5), ("allowlist", 0.1), ("pairs", 1.5)])
def test_a_search_through_a_thousand_rules_looks_at_few_parts_a_rule(kind, most, monkeypatch):
    program = loaded(rule_program(list(LISTS[kind](RULES, 1))))
    parts = counted(monkeypatch, Covers, "_first")
    lint(program)
    assert len(parts) < RULES * most


@pytest.mark.parametrize("size", [250, RULES])
def test_what_most_rules_decide_is_seen_without_a_search(size, monkeypatch):
    """One point that nothing before a rule holds tells that it decides something; lines, which members of lists do."""
    program = loaded(rule_program(list(LISTS["corporate"](size, 1))))
    points, lines, searches = (counted(monkeypatch, Covers, name) for name in ("point", "line", "rest"))
    lint(program)
    assert len(points) < size * 2
    assert len(lines) < size * 0.5
    assert len(searches) < size * 0.5


def test_a_line_of_a_rule_is_cut_into_few_tokens():
    assert len(list(_tokens(large_group(RULES, 0), 0))) < RULES * 9


def test_lint_hashes_few_spans(monkeypatch):
    """The keys of rules are hashed some dozens of times a rule, as plain tuples; spans where something is reported."""
    program = loaded(rule_program(list(LISTS["corporate"](RULES, 1))))
    hashed = counted(monkeypatch, Span, "__hash__")
    lint(program)
    assert len(hashed) < RULES


APART = 'check "it" corp/apps reaches corp/data on tcp 9999\n'


def test_a_difference_is_looked_for_among_few_of_a_thousand_rules(monkeypatch):
    rules = list(LISTS["corporate"](RULES, 1))
    old, new = (loaded(rule_program(one)) for one in (rules, edited(rules, 2)))
    lines = []
    real = Lines.__init__
    monkeypatch.setattr(Lines, "__init__", lambda self, *given: (lines.append(len(given[3])), real(self, *given))[1])
    assert compare(old, new, {}).changes
    assert sum(lines) < RULES


def test_a_difference_judges_the_checks_that_meet_a_changed_rule(monkeypatch):
    rules = list(LISTS["corporate"](RULES, 1))
    old, new = (loaded(rule_program(one, APART)) for one in (rules, edited(rules, 2)))
    judged = counted(monkeypatch, difference, "verdict")
    assert not compare(old, new, {}).verdicts
    assert not judged
    assert compare(old, loaded(rule_program(["100 allow any from * to *", *rules[1:]], APART)), {}).verdicts
    assert len(judged) == 2


def test_a_fix_of_a_thousand_rules_reads_little_and_makes_the_rules_of_its_edits(monkeypatch):
    text = rule_program(list(LISTS["corporate"](RULES, 1)), APART)
    memory = originals()
    program, _ = load_program(Path("generated.asev"), text=text, memory=memory)
    report = run(program, Options())
    parsed = []

    def noting(file, start, end, real=parser._sound_item):  # noqa: SLF001 - what every parse of an item calls
        parsed.append(end - start)
        return real(file, start, end)

    monkeypatch.setattr(parser, "_sound_item", noting)
    whole = counted(monkeypatch, parser, "_whole")
    read = counted(monkeypatch, reading.RuleReader, "_rule")
    tables = counted(monkeypatch, trial, "effective")
    found = repair(Path("generated.asev"), program, report, report.results[0], Options(), Limits(), memory)
    assert found.proposals
    assert not whole
    assert sum(parsed) < len(text) * 0.4  # a sketch of the text, and what surrounds each edit
    assert len(read) < RULES * 0.4
    assert len(tables) == 2  # of the program as it is, and of a first sketch


def test_classes_of_a_thousand_rules_are_made_for_many_questions_and_not_for_one(monkeypatch):
    asked = counted(monkeypatch, classes._Classified, "_meeting")  # noqa: SLF001
    rules = list(LISTS["corporate"](RULES, 1))
    run(loaded(rule_program(rules, APART)), Options())
    assert not asked
    each = "".join(f"check corp/apps reaches 10.16.{number}.9 on tcp {number + 1}\n" for number in range(40))
    run(loaded(rule_program(rules, each)), Options())
    assert asked


def test_a_rule_whose_tag_may_lie_anywhere_is_looked_at():
    rules = [f"  {200 + number} allow udp from 10.9.{number}.0/24 to * port 53" for number in range(40)]
    text = "\n".join(
        (
            "vnet v { address 10.0.0.0/8  subnet a { address 10.1.0.0/24 }  subnet b { address 10.2.0.0/24  nsg g } }",
            "vm w { subnet v/a  ip 10.1.0.4 }",
            "vm s { subnet v/b  ip 10.2.0.4 }",
            "tag mine",
            "nsg g { inbound {",
            "  100 deny tcp from mine to * port 443",
            *rules,
            "  4000 allow any from * to *",
            "} }",
            'check "it" w reaches s on tcp 443\n',
        )
    )
    (finding,) = run(loaded(text), Options()).results
    assert finding.verdict is Verdict.UNKNOWN


def test_rows_that_two_others_hold_are_not_in_the_text():
    """Each would be a cover problem of its own for the solver: 67 s of them in a list of 10,000 rules."""
    every = rows(KINDS["shadowed"](600, 1))
    assert len(shadowed(every)) == sum(row.action is Action.DENY for row in every)
    assert not shadowed(rows(KINDS["acl"](600, 1)))


@pytest.mark.parametrize("name", ["shadowed", "staircase", "holes proved"])
def test_a_list_whose_rules_make_no_difference_takes_no_question_and_no_formulas(name, monkeypatch):
    """Denials that others hold, and permissions before one of everything: what is left is that one."""
    asked, made = counted(monkeypatch, Session, "satisfiable"), counted(monkeypatch, Rows, "match")
    found = answer(*asked_about(KINDS[name](RULES, 1)), seconds=None, core=Depth.NOTHING)
    assert isinstance(found, Proved)
    assert not asked
    assert len(made) == 1


def test_rules_that_are_too_many_to_be_named_are_not_made_into_formulas(monkeypatch):
    tables, asks = asked_about(KINDS["tiling proved"](2 * RULES, 1))
    made = counted(monkeypatch, Rows, "match")
    found = answer(tables, asks, seconds=None, core=Depth.RULES)
    assert isinstance(found, Proved)
    assert not found.core.rows
    assert len(made) <= 2 * RULES + MOST_ROWS + 1


def test_an_index_of_ranges_looks_at_few_rows_however_wide_the_set_that_they_shall_meet(monkeypatch):
    from asever.model import bits  # noqa: PLC0415 - what is counted

    index = _Dimension([NumberSet.span(10 * row, 10 * row + 5) for row in range(RULES)])
    real, looked_at = bits.bits_of, []
    monkeypatch.setattr(bits, "bits_of", lambda places: looked_at.extend(places) or real(places))
    meeting, holding = index.around(NumberSet.span(3, 10 * (RULES // 2)))
    assert meeting == (1 << RULES // 2 + 1) - 1
    assert not holding
    assert len(looked_at) < 64


def test_a_table_asks_about_few_pairs_alone_and_looks_closer_at_few(monkeypatch):
    counts: dict[str, int] = {}

    def counted(cls, name):
        plain = getattr(cls, name)

        def spy(self, *arguments, **named):
            counts[name] = counts.get(name, 0) + 1
            return plain(self, *arguments, **named)

        monkeypatch.setattr(cls, name, spy)

    counted(_Table, "reach")
    counted(_Pairs, "_closer")
    counted(_Usual, "beside")
    counted(_Usual, "_bounds")
    counted(Crowd, "_side")
    subnets = 40
    program = loaded(hubs_and_spokes(subnets))
    found = matrix(program, Wanted(services=ANY_PORT_SERVICES, prove=0))
    assert sum(found.counts.values()) > subnets * subnets
    assert counts["reach"] <= 10  # between environments, the Internet and Azure's management
    assert counts["_closer"] <= sum(found.counts.values()) // 20
    assert counts["beside"] <= 2 * subnets * subnets
    assert counts["_bounds"] <= counts["beside"]
    rules = [rule for group in program.network.groups.values() for rule in (*group.inbound, *group.outbound)]
    assert counts["_side"] <= len(rules)  # what both sides of rules match, once a prefix
