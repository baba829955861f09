"""What Z3 says about the rules of one filter: which decide something, which make a difference, which meet.

Every rule has a switch: the filter without a rule is the same text with that switch off. `asever.lint.effects` asks where exact
sets do not tell, and to confirm what they tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from asever.model.effective import EffectiveNetwork, Filter
from asever.model.rule_keys import Part, RuleKey, key_of
from asever.solve.clauses import text_of
from asever.solve.groups import EVERY_PACKET, Tags, domain
from asever.solve.paths import FIELDS
from asever.solve.rows import Rows
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, conjunction, disjunction, negation

_ALL = "every rule is there"


class Proofs:
    """Some rows of a filter as one text for the solver, which may be asked about parts of what its rules match.

    Rows that are left out decide nothing. Service tags of unknown content may hold anything that their names allow.
    """

    def __init__(
        self,
        network: EffectiveNetwork,
        one: Filter,
        fixed: Mapping[str, str],
        indexes: Sequence[int],
        parts: Collection[Part],
        deadline: float | None,
    ) -> None:
        """`indexes` are those of the rows, `parts` all that will be asked about."""
        self.deadline = deadline
        self.rows = one.rows
        self.terms = Terms()
        self.tags = Tags(self.terms)
        rows = Rows(self.terms, network, fixed, self.tags.one_world)
        self.match: dict[int, str] = {}
        for index in indexes:
            found = rows.match(one.rows[index], FIELDS, EVERY_PACKET)
            if found is not None:
                self.match[index] = self.terms.equal(f"matches {index}", found.must)
        rules = dict.fromkeys(key_of(row) for row in map(one.rows.__getitem__, indexes) if row.origin.azure is None)
        self.present: dict[RuleKey, str] = {rule: self.terms.boolean(f"rule {n}") for n, rule in enumerate(rules)}
        self.all = self.terms.switch(_ALL, conjunction(self.present.values()))
        self.takes = {index: conjunction((self.match[index], self._present(index))) for index in self.match}
        self.first: dict[int, str] = {}
        self.differ: dict[int, str] = {}
        self._encode_deciders()
        self._encode_differences()
        self.inside = {
            part: self.terms.switch(f"{part.field} in part {n}", self.terms.inside(part.field, part.numbers))
            for n, part in enumerate(dict.fromkeys(parts))
        }
        every = domain(self.terms)
        self.terms.asserted.extend((every, *self.tags.facts()))
        self._session: Session | None = None

    def _present(self, index: int) -> str:
        row = self.rows[index]
        return self.present[key_of(row)] if row.origin.azure is None else TRUE

    def _encode_deciders(self) -> None:
        """A switch for `this row matches, and none before it does`, whether or not its own rule is there."""
        earlier = FALSE
        for index, takes in self.takes.items():
            self.first[index] = self.terms.switch(f"first {index}", conjunction((self.match[index], negation(earlier))))
            earlier = self.terms.equal(f"taken up to {index}", disjunction((earlier, takes)))

    def _encode_differences(self) -> None:
        """A switch for `this row decides, and no rule after its own would decide alike`."""
        rows = self.rows
        after = dict.fromkeys(dict.fromkeys(row.action for row in rows), FALSE)
        behind, last = dict(after), None
        for index in reversed(self.match):
            row = rows[index]
            if last != key_of(row):
                behind, last = dict(after), key_of(row)  # the rows of one rule all have the same after it
            unlike = negation(behind[row.action])
            self.differ[index] = self.terms.switch(f"differs {index}", conjunction((self.first[index], unlike)))
            takes = self.takes[index]
            own = row.action if row.origin.azure is None else None
            after = {
                action: self.terms.equal(
                    f"{action.value} from {index}",
                    disjunction((takes, what)) if action is own else conjunction((negation(takes), what)),
                )
                for action, what in after.items()
            }

    def _satisfiable(self, literals: Sequence[str]) -> bool:
        if self._session is None:
            self._session = Session(text_of(self.terms), self.deadline)
        return self._session.satisfiable(literals)

    def _indexes(self, rule: RuleKey) -> Iterator[int]:
        return (index for index in self.match if key_of(self.rows[index]) == rule)

    # -- Questions ------------------------------------------------------------------------------------------------------

    def decides(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey] | None) -> bool:
        """Whether a rule decides something; with `present`, where these are the only other rules."""
        there = [self.all] if present is None else self._only(present, rule)
        inside = [] if part is None else [self.inside[part]]
        return any(self._satisfiable([self.first[index], *there, *inside]) for index in self._indexes(rule))

    def _only(self, present: Sequence[RuleKey], rule: RuleKey) -> list[str]:
        """These rules are there. All others may be there or not; the one asked about is not, for the sake of its other rows."""
        return [*(self.present[one] for one in present if one in self.present), negation(self.present[rule])]

    def differs(self, rule: RuleKey, gone: Collection[RuleKey]) -> bool:
        """Whether some packet would not be decided alike by a later rule; `gone` are rules that are left out already."""
        there = [negation(literal) if one in gone else literal for one, literal in self.present.items()] if gone else [self.all]
        return any(self._satisfiable([self.differ[index], *there]) for index in self._indexes(rule))

    def meets(self, earlier: RuleKey, later: RuleKey) -> bool:
        """Whether a rule decides a packet that a later one matches too."""
        pairs = ((index, other) for index in self._indexes(earlier) for other in self._indexes(later))
        return any(self._satisfiable([self.first[index], self.match[other], self.all]) for index, other in pairs)

    def follows(self, rule: RuleKey, other: int) -> bool:
        """Whether a row decides something that the rule decides, once that is gone."""
        if other not in self.first or key_of(self.rows[other]) == rule:
            return False
        there = [negation(literal) if one == rule else literal for one, literal in self.present.items()]
        return any(
            index < other and self._satisfiable([self.first[index], self.first[other], *there]) for index in self._indexes(rule)
        )
