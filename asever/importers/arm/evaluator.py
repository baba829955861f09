"""What template expressions are: values as far as they are known before a deployment, symbols beyond that.

Everything is computed when it is asked for and kept: parameters, variables, outputs. Functions that need nothing but their
arguments are in `asever.importers.arm.functions`; here are those that look at the template or choose what is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from asever.diagnostics import Diagnostic, Label, nearest
from asever.importers.arm import targets
from asever.importers.arm.budget import Budget
from asever.importers.arm.expressions import Access, Call, Expression, ExpressionError, Literal, is_expression, parse
from asever.importers.arm.functions import addresses, collections, dates, logic, numbers, texts
from asever.importers.arm.functions.kinds import has_symbol, integer
from asever.importers.arm.mistakes import CircleError, FailureError, MistakeError
from asever.importers.arm.symbols import call_of, member_of, shown, text_of
from asever.importers.tree import Plain, Symbol, Value
from asever.record import record, replace
from asever.source import Span

MOST_COPIES: Final = 800
"""What one copy loop may make: Azure's own limit."""

STRICT: Final[Mapping[str, Callable[..., Plain]]] = {
    **texts.FUNCTIONS,
    **collections.FUNCTIONS,
    **numbers.FUNCTIONS,
    **logic.FUNCTIONS,
    **dates.FUNCTIONS,
    **addresses.FUNCTIONS,
}
AWARE: Final[Mapping[str, Callable[..., Plain]]] = {**texts.AWARE, **collections.AWARE, **logic.AWARE}

# Functions of Azure that only a deployment can compute.
AT_DEPLOYMENT: Final = {
    "uniquestring": "uniqueString",
    "guid": "guid",
    "utcnow": "utcNow",
    "pickzones": "pickZones",
    "providers": "providers",
    "tologicalzone": "toLogicalZone",
    "tologicalzones": "toLogicalZones",
    "tophysicalzone": "toPhysicalZone",
    "tophysicalzones": "toPhysicalZones",
    "externalinput": "externalInput",
    "deployer": "deployer",
}


class Known(Protocol):
    """What `reference()` may ask: a resource that a template makes, or a part of one."""

    @property
    def plain(self) -> Plain | None:
        """The whole as a value; None where only its members can be told."""
        ...

    def answer(self, step: Plain, name: str, *, full: bool) -> Plain | None:
        """A member of its properties (of the whole resource with `full`), called `name`; None where the template is silent."""
        ...


@record
class Referred(Symbol):
    """What `reference()` gives: a symbol until a member is asked for that the template itself tells."""

    resource: Known | None = None
    full: bool = False


class Made(Known, Protocol):
    """A resource that a template makes; `doubt` where only the deployment knows whether it does."""

    id: str
    doubt: Symbol | None


class Part:
    """A part of what a template says of a resource. What it does not say may still be there after the deployment."""

    def __init__(self, plain: Plain) -> None:
        self.plain: Plain | None = plain

    def answer(self, step: Plain, name: str, *, full: bool) -> Plain | None:  # noqa: ARG002 - as every resource answers
        """A member or item; None where there is none."""
        try:
            found = collections.try_get(self.plain, step)
        except FailureError:
            return None
        return part(found, name)


def part(plain: Plain, name: str) -> Plain | None:
    """A value that a template says of a resource: as it is, or one that can still be asked for more."""
    return Referred(name=name, resource=Part(plain)) if isinstance(plain, tuple | Mapping) else plain


def _settled(plain: Plain) -> Plain:
    """What was asked of a resource, as far as the template tells."""
    if isinstance(plain, Referred) and plain.resource is not None and plain.resource.plain is not None:
        return plain.resource.plain
    return plain


@record
class Note:
    """Something that could not be told from the files, and why."""

    what: str
    why: str
    span: Span | None = None


@record
class Special:
    """A function that looks at the template, or chooses which of its arguments are computed; how many it takes."""

    call: Callable[[Frame, tuple[Expression, ...], Span | None], Plain]
    least: int = 0
    most: int = 0


class Run:
    """What one evaluation shares among its deployments: the budget, what the user set, and what could not be told."""

    def __init__(self, settings: Mapping[str, str], special: Mapping[str, Special], folder: Path) -> None:
        self.folder = folder
        self.budget = Budget()
        self.special = special
        self.settings = {name.casefold(): value for name, value in settings.items()}
        self.used: set[str] = set()
        self.notes: dict[Note, None] = {}
        self.by_id: dict[str, list[Made]] = {}
        self._fresh = 0

    def note(self, what: str, why: str, span: Span | None) -> None:
        """Keeps once what could not be told."""
        self.notes[Note(what=what, why=why, span=span)] = None

    def symbol(self, name: str) -> Plain:
        """The symbol of a name, or the value that the user set for it."""
        value = self.setting(name)
        return Symbol(name=name) if value is None else value

    def setting(self, name: str) -> str | None:
        """What the user set for a name."""
        key = name.casefold()
        if key not in self.settings:
            return None
        self.used.add(key)
        return self.settings[key]

    def fresh(self, function: str) -> Symbol:
        """A symbol that is equal to no other."""
        self._fresh += 1
        return Symbol(name=f"{function}() {self._fresh}")


@record
class Given:
    """A value for a parameter, and the frame to compute it in; None where it is literal."""

    value: Value
    frame: Frame | None


@record
class Frame:
    """What an expression sees: its deployment, the loops around it, the variables of lambdas, the arguments of a function."""

    deployment: Deployment
    loops: tuple[tuple[str, Plain], ...] = ()
    lambdas: Mapping[str, Value] | None = None
    arguments: Mapping[str, Value] | None = None


class Deployment:
    """One template with the values for its parameters. Its parts are computed when they are asked for."""

    def __init__(
        self,
        run: Run,
        template: Value,
        name: Plain,
        target: targets.Target,
        given: Mapping[str, Given],
        *,
        folder: Path,
        depth: int = 0,
    ) -> None:
        self.run = run
        self.template = template
        self.name = name
        self.target = target
        self.given = given
        self.folder = folder
        self.depth = depth
        self.by_name: dict[str, list[Made]] = {}
        self.symbolic: dict[str, list[Made]] = {}
        self.declared = _by_name(template.get("parameters"))
        self.variables = _variables(template.get("variables"))
        self.outputs = _by_name(template.get("outputs"))
        self.functions = _functions(template.get("functions"))
        self._values: dict[tuple[str, str], Plain] = {}
        self.frame = Frame(deployment=self)

    def parameter(self, name: str, span: Span | None) -> Plain:
        """The value of a parameter."""
        declared = self.declared.get(name.casefold())
        if declared is None:
            raise MistakeError(_undeclared("parameter", name, [one for one, _ in self.declared.values()], span))
        return self.once("parameter", declared[0], span, lambda: self._parameter(*declared))

    def _parameter(self, name: str, declaration: Value) -> Plain:
        described = f"parameter {name}" if not self.depth else f"parameter {name} of {text_of(self.name)}"
        setting = self.run.setting(described) or (self.run.setting(name) if not self.depth else None)
        given, default = self.given.get(name.casefold()), declaration.get("defaultValue")
        if setting is not None:
            value = as_set(name, (declaration.get("type") or declaration).text or "string", setting, declaration.span)
        elif given is not None:
            value = _given(given, described)
        else:
            value = Value(plain=None)
        if value.plain is None and default is not None:
            return evaluate(self.frame, default).plain  # a null that is given counts as nothing
        if value.plain is None and given is None and not _is_true(declaration.get("nullable")):
            return Symbol(name=described)
        _check_allowed(name, value, declaration.get("allowedValues"))
        return value.plain

    def variable(self, name: str, span: Span | None) -> Plain:
        """The value of a variable."""
        raw = self.variables.get(name.casefold())
        if raw is None:
            raise MistakeError(_undeclared("variable", name, [one for one, _ in self.variables.values()], span))
        return self.once("variable", raw[0], span, lambda: _variable(self.frame, *raw))

    def once(self, kind: str, name: str, span: Span | None, compute: Callable[[], Plain]) -> Plain:
        """What was computed before, or is now: a part of the template that many ask for."""
        key = (kind, name)
        if key in self._values:
            found = self._values[key]
            if found is _COMPUTING:
                raise CircleError(mistake(f"the {kind} `{name}` is defined by itself", span, "break the circle").diagnostic)
            return found
        self._values[key] = _COMPUTING
        try:
            self._values[key] = value = compute()
        except MistakeError:
            del self._values[key]
            raise
        return value


_COMPUTING: Final = Symbol(name="\0being computed")


def _given(given: Given, described: str) -> Value:
    """The value that was given for a parameter; a symbol where it lies in a vault."""
    raw = given.value.get("value")
    if raw is None:
        return Value(plain=Symbol(name=described))
    value = raw if given.frame is None else evaluate(given.frame, raw)
    return Value(plain=value.plain, span=raw.span)


def _is_true(value: Value | None) -> bool:
    return value is not None and value.plain is True


def as_set(name: str, kind: str, text: str, span: Span | None) -> Value:
    """What the user set for a parameter, as the kind of value that the template declares."""
    wanted = kind.lower()
    if wanted in ("string", "securestring"):
        return Value(plain=text)
    try:
        plain = texts.parsed(text.lower() if wanted == "bool" else text)
    except FailureError:
        plain = None
    fits = {"int": int, "bool": bool, "array": tuple, "object": Mapping, "secureobject": Mapping}.get(wanted, object)
    if not isinstance(plain, fits) or isinstance(plain, bool) is not (wanted == "bool"):
        label = Label(span, "declared here") if span is not None else None
        message = f"`{text}` is not the {kind} that the parameter `{name}` takes"
        raise MistakeError(Diagnostic(code="parameter-value", message=message, primary=label, help="set it as JSON writes it"))
    return Value(plain=plain)


def _check_allowed(name: str, value: Value, allowed: Value | None) -> None:
    if allowed is None or not allowed.items or value.plain is None or has_symbol(value.plain):
        return
    # Of an array, each item must be allowed. Letter case does not count.
    for one in value.items or (value,):
        if not any(logic.same(_small(one.plain), _small(other.plain)) for other in allowed.items):
            raise MistakeError(
                Diagnostic(
                    code="parameter-value",
                    message=f"{shown(one.plain)} is no value that the parameter `{name}` may have",
                    primary=Label(value.span, "given here") if value.span is not None else None,
                    secondary=(Label(allowed.span, "these are allowed"),) if allowed.span is not None else (),
                    help=f"use one of {', '.join(shown(other.plain) for other in allowed.items[:10])}",
                )
            )


def _small(plain: Plain) -> Plain:
    return plain.casefold() if isinstance(plain, str) else plain


def _undeclared(kind: str, name: str, known: list[str], span: Span | None) -> Diagnostic:
    meant = nearest(name, known)
    return Diagnostic(
        code="template-mistake",
        message=f"the template declares no {kind} `{name}`",
        primary=Label(span, "used here") if span is not None else None,
        help=f"did you mean `{meant}`?" if meant is not None else f"declare it under `{kind}s`",
    )


def mistake(message: str, span: Span | None, help: str) -> MistakeError:  # noqa: A002 - the field's name
    """A mistake that Azure would refuse the template for."""
    label = Label(span, "here") if span is not None else None
    return MistakeError(Diagnostic(code="template-mistake", message=message, primary=label, help=help))


def _variable(frame: Frame, _: str, raw: Value) -> Plain:
    loop = raw.plain
    if isinstance(loop, _Loop):
        return copies(frame, loop.specification).plain
    return evaluate(frame, raw).plain


@record
class _Loop(Symbol):
    """A variable that a copy loop makes."""

    specification: Value


# -- The parts of a template by their names --------------------------------------------------------------------------------


def _by_name(section: Value | None) -> dict[str, tuple[str, Value]]:
    if section is None or not isinstance(section.plain, Mapping):
        return {}
    return {name.casefold(): (name, value) for name, value in section.plain.items()}


def _variables(section: Value | None) -> dict[str, tuple[str, Value]]:
    found = _by_name(section)
    loops = found.get("copy")
    if loops is not None and _is_loops(loops[1]):
        del found["copy"]
        for loop in loops[1].items:
            name = loop.get("name")
            if name is not None and name.text is not None:
                found[name.text.casefold()] = (
                    name.text,
                    Value(plain=_Loop(name=name.text, specification=loop), span=loop.span),
                )
    return found


def _functions(section: Value | None) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for group in section.items if section is not None else ():
        namespace, inner = group.get("namespace"), group.get("members")
        if namespace is not None and inner is not None and isinstance(inner.plain, Mapping):
            found |= {f"{namespace.text}.{name}".casefold(): value for name, value in inner.plain.items()}
    return found


# -- Values ------------------------------------------------------------------------------------------------------------------


def evaluate(frame: Frame, value: Value) -> Value:
    """A value with its expressions computed and its loops unrolled; what is literal stays as it is."""
    plain = value.plain
    if isinstance(plain, str):
        if not plain.startswith("["):
            return value
        if plain.startswith("[["):
            return Value(plain=plain[1:], span=value.span)
        return Value(plain=_text(frame, plain, value.span), span=value.span) if plain.endswith("]") else value
    if isinstance(plain, tuple):
        frame.deployment.run.budget.spend(1 + len(plain), value.span)
        items = tuple(evaluate(frame, item) for item in plain)
        return value if all(new is old for new, old in zip(items, plain, strict=True)) else Value(plain=items, span=value.span)
    if isinstance(plain, Mapping):
        return _object(frame, value, plain)
    return value


def _object(frame: Frame, value: Value, plain: Mapping[str, Value]) -> Value:
    frame.deployment.run.budget.spend(1 + len(plain), value.span)
    made: dict[str, Value] = {}
    changed = False
    for name, member in plain.items():
        if name == "copy" and _is_loops(member):
            changed = True
            for loop in member.items:
                target = loop.get("name")
                if target is not None:
                    made[text_of(evaluate(frame, target).plain)] = copies(frame, loop)
            continue
        new = evaluate(frame, member)
        key = text_of(_text(frame, name, member.span)) if is_expression(name) else name
        changed = changed or new is not member or key is not name
        made[key] = new
    return Value(plain=made, span=value.span) if changed else value


def _is_loops(value: Value) -> bool:
    return bool(value.items) and all(loop.get("name") is not None and loop.get("count") is not None for loop in value.items)


def copies(frame: Frame, loop: Value) -> Value:
    """The array that a loop over a property or variable makes."""
    name, count = loop.get("name"), loop.get("count")
    made = evaluate(frame, count).plain if count is not None else None
    entry = loop.get("input")
    title = text_of(evaluate(frame, name).plain) if name is not None else ""
    if isinstance(made, Symbol):
        return Value(plain=call_of("copy", (title, made)), span=loop.span)
    if entry is None:
        return Value(plain=(), span=loop.span)
    many = copy_count(made, (count or loop).span)
    frame.deployment.run.budget.spend(many, loop.span)
    return Value(plain=tuple(evaluate(in_loop(frame, title, index), entry) for index in range(many)), span=loop.span)


def copy_count(count: Plain, span: Span | None) -> int:
    """How often a loop runs."""
    try:
        many = integer(count)
    except FailureError as failure:
        raise mistake(f"the count of a copy loop is wrong: {failure}", span, "write an integer") from None
    if not 0 <= many <= MOST_COPIES:
        message = f"a copy loop runs {many:,} times"
        raise mistake(message, span, f"Azure makes at most {MOST_COPIES} copies in one loop")
    return many


def in_loop(frame: Frame, name: str, index: Plain, *, of_resource: bool = False) -> Frame:
    """What an expression sees in one turn of a loop. `copyIndex()` without a name asks for the loop of the resource."""
    unnamed = (("", index),) if of_resource else ()
    return replace(frame, loops=(*frame.loops, (name.casefold(), index), *unnamed))


# -- Expressions ---------------------------------------------------------------------------------------------------------------


def _text(frame: Frame, source: str, span: Span | None) -> Plain:
    try:
        tree = parse(source)
    except ExpressionError as wrong:
        label = _label(span, source, wrong.at, str(wrong))
        message = f"this template expression cannot be read: {wrong}"
        raise MistakeError(Diagnostic(code="template-expression", message=message, primary=label)) from None
    return value_of(frame, tree, span)


def _label(span: Span | None, source: str, at: int, text: str) -> Label | None:
    """The place in an expression, where the file spells it letter by letter."""
    if span is None:
        return None
    inside = span.start + 1 + at
    exact = span.text[1:-1] == source and inside < span.end
    return Label(Span(span.file, inside, inside + 1) if exact else span, text)


def value_of(frame: Frame, tree: Expression, span: Span | None) -> Plain:
    """The value of one expression."""
    match tree:
        case Literal(value):
            return value
        case Call(name, arguments):
            frame.deployment.run.budget.spend(1, span)
            return _call(frame, name, arguments, span)
        case Access(base, steps):
            here = value_of(frame, base, span)
            for step in steps:
                here = step_of(frame, here, value_of(frame, step, span), span)
            return _settled(here)


def step_of(frame: Frame, value: Plain, step: Plain, span: Span | None) -> Plain:
    """A member or item of a value."""
    if isinstance(value, Referred) and value.resource is not None and not isinstance(step, Symbol):
        name = member_of(value, step)
        found = value.resource.answer(step, name, full=value.full)
        if found is not None:
            return found
    if isinstance(value, Symbol):
        return frame.deployment.run.symbol(member_of(value, step))
    if isinstance(step, Symbol):
        return call_of("member", (value, step))
    return _guarded(frame, "member", collections.member, (value, step), span)


def _call(frame: Frame, name: str, arguments: tuple[Expression, ...], span: Span | None) -> Plain:
    key = name.casefold().removeprefix("sys.")
    special = frame.deployment.run.special.get(key)
    if special is not None:
        return _special(frame, name, special, arguments, span)
    values = tuple(value_of(frame, argument, span) for argument in arguments)
    if key in AWARE:
        return _guarded(frame, name, AWARE[key], values, span)
    if key in STRICT:
        if any(isinstance(value, Symbol) for value in values):
            return _symbolic(frame, name, values, span)
        return _guarded(frame, name, STRICT[key], values, span)
    defined = frame.deployment.functions.get(name.casefold())
    if defined is not None:
        return _defined(frame, name, defined, values, span)
    if key in AT_DEPLOYMENT:
        return frame.deployment.run.symbol(_symbolic(frame, AT_DEPLOYMENT[key], values, span).name)
    if key.startswith("list"):
        return frame.deployment.run.symbol(f"{name}({_named(values[0]) if values else ''})")
    frame.deployment.run.note(f"function {name}", "this function is not known", span)
    return _symbolic(frame, name, values, span)


def _symbolic(frame: Frame, name: str, values: tuple[Plain, ...], span: Span | None) -> Symbol:
    frame.deployment.run.budget.spend(sum(map(frame.deployment.run.budget.size, values)), span)
    return call_of(name, values)


# Functions that look at a value's first letter or length alone, however large it is.
_CHEAP: Final = {"length", "first", "last", "member", "tryget", "empty", "createarray", "createobject", "array"}


def _guarded(frame: Frame, name: str, function: Callable[..., Plain], values: tuple[Plain, ...], span: Span | None) -> Plain:
    """What a function gives; where it gives nothing, a symbol and a note."""
    budget = frame.deployment.run.budget
    if name.casefold() not in _CHEAP:
        budget.spend(sum(map(budget.size, values)), span)
    try:
        if not takes(function, len(values)):
            raise FailureError(f"it does not take {len(values)} arguments")  # noqa: TRY301 - one way to say what went wrong
        made = function(*values)
    except FailureError as failure:
        symbol = _symbolic(frame, name, values, span)
        frame.deployment.run.note(symbol.name, str(failure), span)
        return symbol
    if isinstance(made, str):
        budget.text(made, span)
    else:
        budget.spend(_width(made), span)
    return made


def _width(plain: Plain) -> int:
    return len(plain) if isinstance(plain, tuple | Mapping) else 1


def _special(frame: Frame, name: str, special: Special, arguments: tuple[Expression, ...], span: Span | None) -> Plain:
    """What a special function gives; where it gives nothing, a symbol and a note."""
    try:
        if not special.least <= len(arguments) <= special.most:
            raise FailureError(f"it does not take {len(arguments)} arguments")  # noqa: TRY301 - one way to say what went wrong
        return special.call(frame, arguments, span)
    except FailureError as failure:
        frame.deployment.run.note(f"function {name}", str(failure), span)
        return frame.deployment.run.fresh(name)


def takes(function: Callable[..., Plain], count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    code = function.__code__
    most = code.co_argcount
    least = most - len(function.__defaults__ or ())
    variable = bool(code.co_flags & 4)
    return count >= least and (variable or count <= most)


def _defined(frame: Frame, name: str, defined: Value, values: tuple[Plain, ...], span: Span | None) -> Plain:
    """A function that the template itself defines."""
    parameters, output = defined.get("parameters"), defined.at("output", "value")
    names = [one.get("name") for one in parameters.items] if parameters is not None else []
    if output is None or len(names) < len(values):
        frame.deployment.run.note(f"function {name}", f"it does not take {len(values)} arguments", span)
        return _symbolic(frame, name, values, span)
    given = {
        (one.text or "").casefold(): Value(plain=value) for one, value in zip(names, values, strict=False) if one is not None
    }
    return evaluate(Frame(deployment=frame.deployment, arguments=given), output).plain


def _named(plain: Plain) -> str:
    """What a resource is called in the name of a symbol: its own name, without the way to it."""
    return text_of(plain).rsplit("/", 1)[-1] if isinstance(plain, str | Symbol) else shown(plain)
