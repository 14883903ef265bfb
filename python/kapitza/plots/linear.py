# SPDX-License-Identifier: BSD-3-Clause
"""Figure of the job linear: what a thermal defect reflects, its modes and its resistance."""

import numpy as np
from matplotlib import ticker
from matplotlib.lines import Line2D

from . import defect, kinetic, style

# Of a longer list of Lambda, so many reflected and transmitted curves are drawn.
CURVES = 6
# Strengths shown on either side of where bulk and boundary resist equally.
DECADES = 2.0
# Beyond this factor from there one part of the resistance is all that there is to see.
FARTHEST = 1e8
# Of the 2 x 2 resistance: what is drawn, in which colour.
ELEMENTS = {
    r"R_{\rho\rho}": ((0, 0), style.BLUE),
    r"R_{ee}": ((1, 1), style.GREEN),
    r"R_{\rho e}": ((0, 1), style.ORANGE),
}


# ---- momenta ------------------------------------------------------------------------------------


def forward(data):
    """Whether k > 0 moves to the right, and k < 0 to the left, in the whole band."""
    return bool((data["k"] * data["v"] > 0).all())


def one_sided(data):
    """Then |k| tells all: what enters and what leaves at the same end differ in the sign of k."""
    ends = [bool((data["dn_in"].where(data["v"] * side > 0, 0) != 0).any()) for side in (-1, 1)]
    return forward(data) and not all(ends)


def folded(data, values):
    """Against |k|; what enters at one end leaves each end with one sign of k only."""
    half = data.sizes["k"] // 2
    return data["k"].values[half:], values[half:] + values[:half][::-1]


def points(data, values):
    return (folded if one_sided(data) else defect.broken)(data, np.asarray(values))


def mirrored(data):
    """What enters, at the momentum of the carrier that a mirror would send back."""
    return data["dn_in"].values[::-1]


def half_axis(axes):
    axes.set_xlim(0, np.pi)
    axes.set_xticks(np.pi * np.linspace(0, 1, 5))
    axes.set_xticklabels(["$0$", r"$\pi/4$", r"$\pi/2$", r"$3\pi/4$", r"$\pi$"])
    axes.xaxis.set_minor_locator(ticker.MultipleLocator(np.pi / 16))
    axes.set_xlabel("$|k|$")


def whole_axis(axes, data):
    style.momentum_axis(axes)
    for x, end in [(0.25, "0"), (0.75, "1")] if forward(data) else []:
        axes.annotate(
            f"leaves at $X = {end}$", (x, 0), xycoords="axes fraction", ha="center", va="top",
            xytext=(0, -23), textcoords="offset points", fontsize=12, color=style.GREY,
        )


def momentum_axis(axes, data):
    if one_sided(data):
        half_axis(axes)
    else:
        whole_axis(axes, data)


# ---- reflection and transmission ----------------------------------------------------------------


def chosen(data):
    """Rows whose reflected curves differ about equally, from none at all to the Milne limit's."""
    count, reflected = data.sizes["Lambda"], data["reflected"].values
    if count <= CURVES:
        return np.arange(count)
    path = np.vstack([np.zeros_like(data["milne"]), reflected, data["milne"]])
    rows = kinetic.snapshots(path, CURVES + 2)[1:-1] - 1
    if len(rows) < 3 or rows[-1] == count:  # no Lambda where the curve changes most
        return kinetic.snapshots(reflected, CURVES)
    return rows


def draw_curves(axes, data, name, rows, colours):
    for row, colour in zip(rows, colours):
        axes.plot(*points(data, data[name][row]), color=colour)


def misplaced(data):
    """The share of the reflected current that is not where a thermal state has it."""
    return max(data.attrs[f"milne.{side}.misplaced"] for side in ("left", "right"))


def draw_limit(axes, data):
    limit = points(data, data["milne"])
    label = r"Milne limit, $\Lambda \to \infty$"
    axes.plot(*limit, color=style.BLACK, lw=2.0, label=label)
    thermal = points(data, data["milne_thermal"])
    percent = style.number_text(100 * misplaced(data), 2)
    label = rf"thermal with the same currents: ${percent}\,\%$ are elsewhere"
    axes.plot(*thermal, color=style.ORANGE, lw=1.5, dashes=(4, 3), label=label)


def zero_line(axes):
    axes.axhline(0, color=style.GREY, lw=0.6, zorder=0.5)


def leave_room(axes, below, above):
    """Space around what is drawn, in units of its height."""
    low, high = min(axes.dataLim.y0, 0), max(axes.dataLim.y1, 0)
    size = high - low or 1
    axes.set_ylim(low - below * size, high + above * size)


def draw_reflected(axes, data, rows, colours):
    zero_line(axes)
    injected = points(data, mirrored(data))
    label = "injected" if one_sided(data) else "injected, at $-k$"
    axes.plot(*injected, color=style.GREY, lw=1.2, label=label)
    draw_curves(axes, data, "reflected", rows, colours)
    draw_limit(axes, data)
    axes.tick_params(labelbottom=False)
    leave_room(axes, 0.04, 0.34)
    axes.set_ylabel(r"reflected $\delta n$")
    axes.legend(loc="upper left", handlelength=1.8, labelspacing=0.3)


def draw_transmitted(axes, data, rows, colours):
    zero_line(axes)
    axes.plot(*points(data, data["dn_in"]), color=style.GREY, lw=1.2)
    draw_curves(axes, data, "transmitted", rows, colours)
    momentum_axis(axes, data)
    leave_room(axes, 0.06, 0.08)
    axes.set_ylabel(r"transmitted $\delta n$")


def legend_of_Lambdas(figure, data, rows, colours):
    handles = [Line2D([], [], color=colour) for colour in colours]
    labels = [f"${style.number_text(float(data['Lambda'][row]), 2)}$" for row in rows]
    labels[0] = r"$\Lambda =\ $" + labels[0]
    figure.legend(
        handles, labels, loc="lower right", bbox_to_anchor=(0.537, 0.818), ncol=len(rows),
        handlelength=1.1, handletextpad=0.4, columnspacing=0.9,
    )


# ---- modes --------------------------------------------------------------------------------------


def plain_log_axis(axis):
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(ticker.NullFormatter())


def draw_discrete(axes, nu):
    """As the levels of a well; the widest boundary layer belongs to the lowest one."""
    axes.hlines(nu, 0, np.pi, color=style.BLUE, lw=0.6, label="modes below it")
    axes.annotate(
        rf"$\nu_1 = {style.number_text(nu[0])}$", (0, nu[0]), xytext=(8, -4), va="top",
        textcoords="offset points", fontsize=12, color=style.BLUE,
    )


def legend_above(axes, k, rate, lowest):
    """The legend goes where the curve is lower; there is room for it, and below the lowest mode."""
    windows = {"upper right": (0.44, 1), "upper center": (0.23, 0.77)}
    highest = {
        where: rate[(k > left * np.pi) & (k < right * np.pi)].max()
        for where, (left, right) in windows.items()
    }
    where = min(highest, key=highest.get)
    span = (highest[where] / lowest) ** 1.9
    axes.set_ylim(lowest / span**0.17, lowest * span)
    axes.legend(loc=where, handlelength=1.4, labelspacing=0.3)


def draw_modes(axes, data):
    """The continuum is what a single momentum can have: its loss rate over its velocity."""
    half = data.sizes["k"] // 2
    k = data["k"].values[half:]
    rate = (data["loss_rate"] / np.abs(data["v"])).values[half:]
    edge, nu = data.attrs["continuum_edge"], data["spectrum"].values
    axes.set_yscale("log")
    plain_log_axis(axes.yaxis)
    axes.plot(k, rate, color=style.BLACK, label="loss rate $/\\,|v|$")
    axes.axhspan(edge, 1e3 * rate.max(), color="0.93", lw=0)
    label = rf"continuum, $\nu > {style.number_text(edge)}$"
    axes.fill_between([], [], facecolor="0.93", edgecolor=style.GREY, lw=0.8, label=label)
    if nu[0] < edge:
        draw_discrete(axes, nu[nu < edge])
    half_axis(axes)
    axes.set_ylabel(r"decay rate $\nu$ of $e^{-\nu\Lambda X}$")
    legend_above(axes, k, rate, min(nu[0], edge))


# ---- resistance ---------------------------------------------------------------------------------

BULK, BOUNDARY = {"lw": 1.0, "dashes": (5, 3)}, {"lw": 1.0, "dashes": (1, 1.5)}


def matrix(data, name):
    return np.reshape(data.attrs[f"resistance.{name}"], (2, 2))


def strengths(data):
    """Around the curves, and around where the boundaries resist as much as the bulk."""
    equal = np.diag(matrix(data, "boundary") / matrix(data, "bulk"))
    Lambda, decades = data["Lambda"].values[chosen(data)], 10**DECADES
    low, high = min([*equal / decades, *Lambda / 3]), max([*equal * decades, *3 * Lambda])
    return max(low, equal.min() / FARTHEST), min(high, equal.max() * FARTHEST)


def boundary_at(data, at, Lambda):
    """Between the results, and the limits of layers far wider and far narrower than the defect."""
    ends = np.array([1e-3, 30]) / data.attrs["smallest_nu"]
    limits = [matrix(data, name)[at] for name in ("contact", "boundary")]
    known = np.append(ends, data["Lambda"])
    values = np.append(limits, data["boundary_resistance"].values[:, at[0], at[1]])
    order = np.argsort(known)
    return np.interp(np.log(Lambda), np.log(known[order]), values[order])


def formula(name, bulk, contact, milne):
    """What multiplies Lambda, and what the boundaries add where Lambda is small ... large."""
    numbers = [style.number_text(number) for number in (bulk, contact, milne)]
    return rf"${name} = {numbers[0]}\,\Lambda + {numbers[1]}\ldots{numbers[2]}$"


def draw_element(axes, data, symbol):
    """Nothing, if the element has not the same sign everywhere: the scale is logarithmic."""
    at, colour = ELEMENTS[symbol]
    bulk, contact, milne = (matrix(data, name)[at] for name in ("bulk", "contact", "boundary"))
    sign = np.sign(bulk)
    if min(sign * contact, sign * milne) <= 0:
        return
    Lambda = np.geomspace(*strengths(data), 300)
    boundary = sign * boundary_at(data, at, Lambda)
    name = symbol if sign > 0 else f"-{symbol}"
    label = formula(name, *(sign * np.array([bulk, contact, milne])))
    axes.plot(Lambda, sign * bulk * Lambda + boundary, color=colour, label=label)
    axes.plot(Lambda, sign * bulk * Lambda, color=colour, **BULK)
    axes.plot(Lambda, boundary, color=colour, **BOUNDARY)
    total = sign * data["resistance"].values[:, at[0], at[1]]
    axes.plot(data["Lambda"], total, "o", color=colour, ms=3.5)


def resistance_limits(axes, data):
    low, high = strengths(data)
    contact, largest = np.diag(matrix(data, "contact")), np.diag(matrix(data, "bulk")) * high
    bottom, top = np.log10([0.5 * contact.min(), largest.max() + contact.max()])
    axes.set_xlim(low, high)
    axes.set_ylim(10**bottom, 10 ** (top + 0.5 * (top - bottom)))


def draw_resistance(axes, data):
    data = data.isel(Lambda=np.flatnonzero(data["Lambda"] > 0))
    axes.set_xscale("log")
    axes.set_yscale("log")
    for symbol in ELEMENTS:
        draw_element(axes, data, symbol)
    axes.plot([], [], color=style.GREY, label="bulk", **BULK)
    axes.plot([], [], color=style.GREY, label="boundary", **BOUNDARY)
    resistance_limits(axes, data)
    axes.set_xlabel(r"$\Lambda$")
    axes.set_ylabel("resistance")
    axes.legend(
        loc="upper left", ncol=2, handlelength=1.4, columnspacing=1.0, labelspacing=0.3,
        handletextpad=0.5, fontsize=11,
    )


def draw(figure, data):
    data = data.sortby("Lambda")
    rows = chosen(data)
    colours = style.time_colours(len(rows) + 1)[:-1] if len(rows) > 1 else [style.BLUE]
    figure.set_size_inches(10, 6.6)
    left = figure.add_gridspec(
        2, 1, height_ratios=(2.3, 1), left=0.08, right=0.53, top=0.82, bottom=0.09, hspace=0.06
    )
    right = figure.add_gridspec(2, 1, left=0.615, right=0.985, top=0.82, bottom=0.09, hspace=0.32)
    reflected = figure.add_subplot(left[0])
    transmitted = figure.add_subplot(left[1], sharex=reflected)
    draw_reflected(reflected, data, rows, colours)
    draw_transmitted(transmitted, data, rows, colours)
    legend_of_Lambdas(figure, data, rows, colours)
    figure.align_ylabels([reflected, transmitted])
    modes, resistance = (figure.add_subplot(cell) for cell in right)
    draw_modes(modes, data)
    draw_resistance(resistance, data)
    figure.align_ylabels([modes, resistance])
    style.heading(figure, "Linear response of a thermal defect", data)
