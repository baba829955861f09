"""The date functions. What time it is at deployment is a symbol, so only literal dates are computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from asever.importers.arm.functions.kinds import integer, text
from asever.importers.arm.mistakes import FailureError
from asever.importers.tree import Plain

_DURATION: Final = re.compile(
    r"(-)?P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"
)
# Parts of a format, longest first, as .NET writes them.
_FORMAT: Final = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))
_STANDARD: Final = {"u": "yyyy-MM-dd HH:mm:ssZ", "s": "yyyy-MM-ddTHH:mm:ss", "": "yyyy-MM-ddTHH:mm:ssZ", "d": "MM/dd/yyyy"}


def _date(plain: Plain) -> datetime:
    try:
        read = datetime.fromisoformat(text(plain))
    except ValueError:
        raise FailureError("the string is no date") from None
    return (read if read.tzinfo is not None else read.replace(tzinfo=UTC)).astimezone(UTC)


def _written(date: datetime, pattern: str) -> str:
    shape = _STANDARD.get(pattern, pattern)
    if re.search(r"[A-Za-z]", re.sub(r"yyyy|MM|dd|HH|mm|ss|T|Z", "", shape)):
        raise FailureError(f"the date format `{pattern}` is not known here")
    for name, code in _FORMAT:
        shape = shape.replace(name, code)
    return date.strftime(shape)


def date_time_add(base: Plain, duration: Plain, pattern: Plain = "") -> Plain:
    """A date moved by a duration (ISO 8601)."""
    found = _DURATION.fullmatch(text(duration))
    if found is None:
        raise FailureError(f"`{duration}` is no duration")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] else 1
    # Azure counts a year as 365 days and a month as 30.
    span = timedelta(days=365 * years + 30 * months + 7 * weeks + days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return _written(_date(base) + sign * span, text(pattern))
    except OverflowError:
        raise FailureError("no calendar has this date") from None


def to_epoch(date: Plain) -> Plain:
    """The seconds since 1970."""
    return int(_date(date).timestamp())


def from_epoch(seconds: Plain) -> Plain:
    """The date some seconds after 1970."""
    try:
        return _written(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=integer(seconds)), "")
    except OverflowError:
        raise FailureError("no calendar has this date") from None


FUNCTIONS: Mapping[str, Callable[..., Plain]] = {
    "datetimeadd": date_time_add,
    "datetimetoepoch": to_epoch,
    "datetimefromepoch": from_epoch,
}
