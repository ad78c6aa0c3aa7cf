"""The rows of the registry as a C header, which the C table is compiled with. Imported by docs/generate.py alone."""

from __future__ import annotations

from itertools import chain
from math import inf

import fastact
from fastact.table.registry import ALIASES, ELEMENTWISE, OPERANDS, OTHERS, Param, Row, SameAs

MOST_PARAMETERS = 4
MOST_ORDERED = 4

HEAD = """\
/* {do_not_edit}

   What the kernels do not know of themselves: defaults and domains of parameters, aliases, operands along an axis.
   Included by _capi.pyx alone. */
#include <float.h>
#include <math.h>

#define FASTACT_VERSION "{version}"

typedef struct {{
    double value;      /* the default */
    double low, high;  /* low <= p <= high, or low < p where it is open */
    double output_low; /* as low, where only the output is left */
    int open, but_zero, infinite; /* 0 is not accepted; inf and -inf are */
    int required;      /* there is no default */
    int in_output;     /* results may equal it: where only they are left, it is rounded as they were */
}} fastact_param;

typedef struct {{
    const char *name;
    int ordered[{ordered}][2]; /* the first not above the second; -1 ends */
    int output_ordered[{ordered}][2];
    fastact_param params[{params}]; /* of the value, then of the derivative alone */
}} fastact_row;

typedef struct {{
    const char *name;
    const char *stands_for;
}} fastact_pair;
"""


def number(value: float) -> str:
    return {inf: "INFINITY", -inf: "-INFINITY"}.get(value, repr(float(value)))


def parameter(param: Param, row: Row) -> str:
    # a default that is another parameter's: where none is given, both are at their defaults
    same = param.default
    default = next(p for p in row.params if p.name == same.name).number if isinstance(same, SameAs) else param.number
    narrow = {p.name: p for p in row.from_output_domain}.get(param.name, param)
    fields = [
        number(0.0 if default is None else default),
        number(param.low),
        number(param.high),
        number(narrow.low),
        str(int(param.open_low)),
        str(int(param.but_zero)),
        str(int(param.infinite)),
        str(int(default is None)),
        str(int(param.in_output)),
    ]
    return f"{{{', '.join(fields)}}}"


def ordered(pairs: tuple[tuple[str, str], ...], names: list[str]) -> str:
    numbers = [f"{{{names.index(low)}, {names.index(high)}}}" for low, high in pairs]
    assert len(numbers) < MOST_ORDERED
    return f"{{{', '.join([*numbers, '{-1, -1}'])}}}"


def row(row: Row) -> list[str]:
    params = row.params + row.derivative_params
    assert len(params) <= MOST_PARAMETERS
    names = [p.name for p in params]
    lines = [parameter(p, row) for p in params] or ["{0}"]
    return [
        f'    {{"{row.name}", {ordered(row.ordered, names)}, {ordered(row.ordered + row.from_output_ordered, names)},',
        "     {" + ",\n      ".join(lines) + "}},",
    ]


def pairs(name: str, about: str, table: dict[str, str]) -> list[str]:
    lines = [f'    {{"{key}", "{value}"}},' for key, value in table.items()]
    return ["", f"/* {about} */", f"static const fastact_pair {name}[] = {{", *lines, "    {0, 0}", "};"]


def header(do_not_edit: str) -> str:
    """The text of fastact/loops/rows.h."""
    head = HEAD.format(
        do_not_edit=do_not_edit, version=fastact.__version__, ordered=MOST_ORDERED, params=MOST_PARAMETERS
    )
    elsewhere = {r.name for r in OTHERS if r.gated or r.spatial}
    aliases = {alias: name for alias, name in ALIASES.items() if name not in elsewhere}
    lines = [
        "",
        "static const fastact_row fastact_rows[] = {",
        *chain.from_iterable(row(r) for r in ELEMENTWISE),
        "    {0, {{-1, -1}}, {{-1, -1}}, {{0}}}",
        "};",
        *pairs("fastact_aliases", "Other names.", aliases),
        *pairs("fastact_along_operands", "Inputs and result of the functions along an axis.", OPERANDS),
    ]
    return head + "\n".join(lines) + "\n"
