"""Charts as SVG, drawn on the server: where things stand, for `templates/components/chart.html`.

Across, everything is a share of the width, so that a chart fills its place without a script and its words keep their size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils import formats
from django.utils.functional import Promise

# In pixels, from the top: the highest gridline, and the base of the bars. Below it are the days.
TOP: Final = 14
BASE: Final = 174
HEIGHT: Final = 200

_MOST_LABELS: Final = 7
_BAR_SHARE: Final = 0.62
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True)
class Gridline:
    y: str
    label_y: str
    label: str


@dataclass(frozen=True)
class Column:
    """What a chart shows of one day."""

    # Its ground, which shows what it is about to whom points there.
    x: str
    width: str
    middle: str
    words: str
    # Empty where the day's label would stand too close to the next.
    label: str
    bar_x: str = ""
    bar_width: str = ""
    # From bottom to top: height and y of each part.
    parts: tuple[tuple[str, str], ...] = ()
    # Where the line has its point, and where it comes from.
    point_y: str = ""
    from_x: str = ""
    from_y: str = ""


@dataclass(frozen=True)
class Chart:
    title: str | Promise
    # For those who do not see it.
    description: str
    gridlines: tuple[Gridline, ...]
    columns: tuple[Column, ...]
    # The same as a table: its headings, then a row a day.
    headings: tuple[str | Promise, ...]
    rows: tuple[tuple[str, ...], ...]
    # What the parts of a bar are, from bottom to top.
    legend: tuple[str | Promise, ...] = ()
    height: int = HEIGHT
    base: int = BASE

    @property
    def has_values(self) -> bool:
        """Without one there is a better use for its place."""
        return any(column.point_y or any(float(height) for height, _y in column.parts) for column in self.columns)


@dataclass(frozen=True)
class Said:
    """A chart's words: what it is called, and its table."""

    title: str | Promise
    description: str
    headings: tuple[str | Promise, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[str | Promise, ...] = ()


def bars(
    *, days: Sequence[date], stacks: Sequence[Sequence[int]], said: Said, written: Callable[[float], str]
) -> Chart:
    """A bar a day, of parts that stand on each other."""
    top = _nice_top(max((sum(stack) for stack in stacks), default=0))
    columns = []
    for place, day, stack in zip(_places(len(days)), days, stacks, strict=True):
        parts, level = [], 0
        for part in stack:
            level += part
            height = (BASE - TOP) * part / top
            parts.append((f"{height:.2f}", f"{_y(level, top):.2f}"))
        columns.append(_column(place, day, said.rows, parts=tuple(parts)))
    return _chart(said, top, columns, written)


def line(*, days: Sequence[date], values: Sequence[int | None], said: Said, written: Callable[[float], str]) -> Chart:
    """A point a day, joined with the one of the day before. A day without a value is a gap."""
    top = _nice_top(max((value for value in values if value is not None), default=0))
    columns: list[Column] = []
    for place, day, value in zip(_places(len(days)), days, values, strict=True):
        before = columns[-1] if columns and columns[-1].point_y and value is not None else None
        columns.append(
            _column(
                place,
                day,
                said.rows,
                point_y="" if value is None else f"{_y(value, top):.2f}",
                from_x=before.middle if before else "",
                from_y=before.point_y if before else "",
            )
        )
    return _chart(said, top, columns, written)


def share(part: int, whole: int) -> str:
    """How wide a bar is that lies beside its number."""
    return f"{100 * part / whole if whole else 0:.2f}%"


@dataclass(frozen=True)
class _Place:
    index: int
    count: int

    @property
    def width(self) -> float:
        return 100 / self.count

    @property
    def x(self) -> float:
        return self.width * self.index

    @property
    def is_labelled(self) -> bool:
        """Counted from the last, which is today."""
        every = -(-self.count // _MOST_LABELS)
        return (self.count - 1 - self.index) % every == 0


def _places(count: int) -> list[_Place]:
    return [_Place(index, count) for index in range(count)]


def _column(
    place: _Place,
    day: date,
    rows: tuple[tuple[str, ...], ...],
    *,
    parts: tuple[tuple[str, str], ...] = (),
    point_y: str = "",
    from_x: str = "",
    from_y: str = "",
) -> Column:
    few = place.count <= _MOST_LABELS
    label = formats.date_format(day, "D j" if few else "j M") if place.is_labelled else ""
    return Column(
        x=f"{place.x:.3f}%",
        width=f"{place.width:.3f}%",
        middle=f"{place.x + place.width / 2:.3f}%",
        words=" · ".join(rows[place.index]),
        label=label,
        bar_x=f"{place.x + place.width * (1 - _BAR_SHARE) / 2:.3f}%",
        bar_width=f"{place.width * _BAR_SHARE:.3f}%",
        parts=parts,
        point_y=point_y,
        from_x=from_x,
        from_y=from_y,
    )


def _chart(said: Said, top: int, columns: Sequence[Column], written: Callable[[float], str]) -> Chart:
    levels = (0, top / 2, top) if top > 1 else (0, top)
    gridlines = tuple(
        Gridline(f"{_y(level, top):.2f}", f"{_y(level, top) + 4:.2f}", written(level)) for level in levels
    )
    return Chart(
        title=said.title,
        description=said.description,
        gridlines=gridlines,
        columns=tuple(columns),
        headings=said.headings,
        rows=said.rows,
        legend=said.legend,
    )


def _y(value: float, top: int) -> float:
    return BASE - (BASE - TOP) * value / top


def _nice_top(highest: int) -> int:
    """The next round number that halves into a round one: 2, 4, 10, 20, 40, 100 …; 1 for nothing."""
    if highest <= 1:
        return 1
    power = 1
    while True:
        for step in _STEPS:
            if (top := 2 * step * power) >= highest:
                return top
        power *= 10
