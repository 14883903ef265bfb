# SPDX-License-Identifier: BSD-3-Clause
"""Figures of the job stationary: carriers that cross a defect; how results depend on the cells."""

import numpy as np
from matplotlib import ticker
from matplotlib.lines import Line2D

from ..error import Error
from . import style, thermal

# How far the pictures look into the reservoirs, in units of the defect's length.
MARGIN = 0.1


def each_Lambda(data):
    """One dataset for every Lambda; the numbers that belong to it become its attributes."""
    if "Lambda" not in data.dims:
        return [data]
    results = []
    for i in range(data.sizes["Lambda"]):
        one = data.isel(Lambda=i)
        numbers = {name: float(value) for name, value in one.data_vars.items() if value.ndim == 0}
        results.append(one.assign_attrs(numbers, Lambda=float(one["Lambda"])))
    return results


def outgoing(data, left="n_left", right="n_right"):
    """What leaves the defect: with v < 0 at its left end, with v > 0 at its right end."""
    return np.where(data["v"] < 0, data[left], data[right])


def without_defect(data):
    """What would leave a defect in which nobody collides."""
    return outgoing(data, "n_in_right", "n_in_left")


def thermal_outgoing(data):
    """The thermal states that carry the outgoing currents, each at its own end."""
    ends = ["outgoing.left", "outgoing.right"]
    if "outgoing.beta" in data.attrs:
        ends = ["outgoing", "outgoing"]
    return np.where(data["v"] < 0, *(thermal_state(data, end) for end in ends))


def thermal_state(data, name):
    return 1 / (data.attrs[f"{name}.beta"] * (data["E"].values - data.attrs[f"{name}.mu"]))


def outgoing_deviation(data):
    names = ["outgoing.deviation", "outgoing.left.deviation", "outgoing.right.deviation"]
    return max(data.attrs[name] for name in names if name in data.attrs)


def whole(data, n):
    return data["k"].values, n


def broken(data, n):
    """Points of n(k) with a gap between carriers that leave at different ends."""
    at = np.flatnonzero(np.diff(data["v"].values < 0)) + 1
    return np.insert(data["k"].values, at, np.nan), np.insert(n, at, np.nan)


def phase_space(data):
    """Edges in X and in k, and n(X, k) between them: the cells, and what is on either side."""
    faces = data["X_face"].values
    X = np.concatenate([[faces[0] - MARGIN], faces, [faces[-1] + MARGIN]])
    k = np.linspace(-np.pi, np.pi, data.sizes["k"] + 1)
    n = data["n"].transpose(..., "k").values
    return X, k, np.vstack([data["n_left"].values, n, data["n_right"].values])


def density_profile(data):
    """X and rho(X), at the centres of the cells and outside, where carriers stream freely."""
    left, right = (data[name].values.mean() for name in ("n_left", "n_right"))
    X = np.concatenate([[-MARGIN, 0], data["X"].values, [1, 1 + MARGIN]])
    return X, np.concatenate([[left, left], data["density"].values, [right, right]])


# ---- panels -------------------------------------------------------------------------------------


def place_axis(axes):
    axes.set_xlim(-MARGIN, 1 + MARGIN)
    axes.set_xticks(np.linspace(0, 1, 5))
    axes.set_xticklabels(["$0$", "$1/4$", "$1/2$", "$3/4$", "$1$"])
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.set_xlabel("$X$")


def draw_phase_space(axes, colour_axes, data):
    X, k, n = phase_space(data)
    image = axes.pcolormesh(X, k, n.T, cmap="viridis", vmin=0, rasterized=True)
    for end in (0, 1):
        axes.axvline(end, color="white", lw=1.0, dashes=(4, 3))
    place_axis(axes)
    axes.set_xlabel("")
    axes.tick_params(labelbottom=False)
    style.momentum_axis(axes, vertical=True)
    scale = ticker.MaxNLocator(5, steps=[1, 2, 5, 10])
    axes.figure.colorbar(image, cax=colour_axes, orientation="horizontal", ticks=scale)
    colour_axes.xaxis.set_ticks_position("top")
    colour_axes.tick_params(which="both", direction="out")
    colour_axes.set_ylabel("$n(X, k)$", rotation=0, ha="right", va="center", labelpad=8)


def draw_density(axes, results, colours, **line):
    for data, colour in zip(results, colours):
        axes.plot(*density_profile(data), color=colour, **line)
    for end in (0, 1):
        axes.axvline(end, color=style.GREY, lw=0.8, dashes=(4, 3))
    place_axis(axes)
    axes.set_ylabel(r"density $\rho(X)$")
    axes.set_ylim(0, 1.08 * axes.dataLim.y1)


def draw_thermal(axes, points, deviation):
    percent = max(100 * deviation, 0.01)
    off = f"{percent:.0f}" if percent >= 10 else style.number_text(percent, 2)
    label = rf"thermal, within ${off}\,\%$"
    axes.plot(*points, color=style.ORANGE, lw=1.5, dashes=(4, 3), label=label)


def momentum_panel(axes, title, curves):
    """The legend goes where all that is drawn is lower."""
    style.momentum_axis(axes)
    axes.set_ylim(0, min(1.4 * axes.dataLim.y1, 2.7 * max(n.max() for n in curves)))
    axes.set_ylabel("$n(k)$")
    points = np.hstack([line.get_data() for line in axes.lines])
    left, right = (np.nanmax(points[1, side]) for side in (points[0] < 0, points[0] > 0))
    axes.legend(
        title=title, loc="upper left" if left < 1.01 * right else "upper right", alignment="left",
        title_fontsize=12, handlelength=1.6, borderaxespad=0.5, labelspacing=0.3,
    )


def draw_centre(axes, results, colours):
    for data, colour in zip(results, colours):
        axes.plot(data["k"], data["n_centre"], color=colour)
    last = results[-1]
    state = thermal_state(last, "centre")
    draw_thermal(axes, (last["k"], state), last.attrs["centre.deviation"])
    momentum_panel(axes, "at $X = 1/2$", [data["n_centre"] for data in results])
    axes.set_xlabel("")
    axes.tick_params(labelbottom=False)


def draw_outgoing(axes, results, colours):
    last = results[-1]
    axes.plot(*broken(last, without_defect(last)), color=style.GREY, lw=1.2, label="injected")
    for data, colour in zip(results, colours):
        axes.plot(*broken(data, outgoing(data)), color=colour)
    draw_thermal(axes, broken(last, thermal_outgoing(last)), outgoing_deviation(last))
    momentum_panel(axes, "outgoing", [outgoing(data) for data in results])


# ---- one result ---------------------------------------------------------------------------------


def incomplete(data):
    return "" if data.attrs.get("finished", True) else ", not converged"


def legend_of_Lambdas(figure, results, colours):
    """Some of the curves by name: the others lie between them."""
    rows = np.unique(np.linspace(0, len(results) - 1, 6).astype(int))
    handles = [Line2D([], [], color=colours[row]) for row in rows]
    labels = [f"${style.number_text(results[row].attrs['Lambda'])}$" for row in rows]
    labels[0] = r"$\Lambda =\ $" + labels[0]
    figure.legend(
        handles, labels, loc="lower right", bbox_to_anchor=(0.992, 0.858), ncol=len(rows),
        handlelength=1.2, handletextpad=0.5, columnspacing=1.1,
    )


def draw(figure, data):
    results = each_Lambda(data)
    several = len(results) > 1
    colours = style.time_colours(len(results)) if several else [style.BLACK]
    figure.set_size_inches(10, 6.6)
    left = figure.add_gridspec(
        2, 1, height_ratios=(1.7, 1), left=0.07, right=0.475, top=0.805, bottom=0.09, hspace=0.06
    )
    right = figure.add_gridspec(2, 1, left=0.565, right=0.985, top=0.85, bottom=0.09, hspace=0.06)
    image, density = (figure.add_subplot(cell) for cell in left)
    draw_phase_space(image, figure.add_axes((0.16, 0.823, 0.315, 0.018)), results[-1])
    draw_density(density, results, colours)
    panels = [figure.add_subplot(cell) for cell in right]
    draw_centre(panels[0], results, colours)
    draw_outgoing(panels[1], results, colours)
    figure.align_ylabels([image, density])
    if several:
        Lambda = style.number_text(results[-1].attrs["Lambda"])
        image.text(0.02, 2.9, rf"$\Lambda = {Lambda}$", va="top", color="white")
        legend_of_Lambdas(figure, results, colours)
    style.heading(figure, "Stationary defect" + incomplete(data), data)


# ---- several numbers of cells -------------------------------------------------------------------


def extrapolated(results, name):
    """The quadratic in 1/N through the last three results, at 1/N = 0."""
    cells = np.array([data["density"].size for data in results[-3:]], dtype=float)
    weights = [np.prod([N / (N - M) for M in cells if M != N]) for N in cells]
    return sum(weight * data[name] for weight, data in zip(weights, results[-3:]))


def check_comparable(results):
    if any("Lambda" in data.dims for data in results):
        raise Error("results with a list of Lambda cannot be compared with each other")
    if len({data["density"].size for data in results}) < len(results):
        raise Error("compared are results that differ in their number of cells")
    if any(not np.array_equal(data["k"], results[0]["k"]) for data in results):
        raise Error("compared are results on the same momenta")


def draw_cells(axes, results, colours, name, points, label):
    for data, colour in zip(results, colours):
        cells = data["density"].size
        axes.plot(*points(data, data[name]), color=colour, lw=1.4, label=f"${cells}$")
    best = results[-1][name]
    if len(results) >= 3:
        best = extrapolated(results, name)
        axes.plot(*points(results[-1], best), color=style.BLACK, lw=1.8, label=r"$\infty$")
    style.momentum_axis(axes)
    axes.set_ylim(0, 1.2 * axes.dataLim.y1)
    style.panel_label(axes, label)
    return best


def draw_cells_at_left(axes, results, colours):
    draw_cells(axes, results, colours, "n_left", broken, "at $X = 0$")
    data = results[-1]
    coming_in = np.where(data["v"] > 0, data["n_in_left"], np.nan)
    axes.plot(data["k"], coming_in, color=style.ORANGE, lw=1.5, dashes=(4, 3), label="injected")
    axes.set_ylabel("$n(k)$")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[-1:], labels[-1:], loc="upper right", handlelength=1.8)
    return handles[:-1], labels[:-1]


def draw_cells_at_centre(axes, results, colours):
    best = draw_cells(axes, results, colours, "n_centre", whole, "at $X = 1/2$")
    state = thermal.thermal_fit(best.values, results[-1]["E"].values)
    (line,) = axes.plot(best["k"], state, color=style.ORANGE, lw=1.5, dashes=(4, 3))
    axes.legend([line], ["thermal"], loc="upper right", handlelength=1.8)


def compare(figure, results):
    """The same defect with different numbers of cells, as far as possible extrapolated."""
    check_comparable(results)
    results = sorted(results, key=lambda data: data["density"].size)
    colours = style.time_colours(len(results) + 1)[:-1]
    figure.set_size_inches(10, 6.6)
    grid = figure.add_gridspec(
        2, 2, height_ratios=(1.6, 1), left=0.07, right=0.985, top=0.85, bottom=0.09,
        hspace=0.3, wspace=0.13,
    )
    left, centre = (figure.add_subplot(grid[0, column]) for column in range(2))
    handles, labels = draw_cells_at_left(left, results, colours)
    draw_cells_at_centre(centre, results, colours)
    density = figure.add_subplot(grid[1, :])
    draw_density(density, results, colours, lw=1.2, marker="o", ms=2.5)
    figure.align_ylabels([left, density])
    labels[0] = "$N =\\ $" + labels[0]
    figure.legend(
        handles, labels, loc="lower right", bbox_to_anchor=(0.992, 0.858), ncol=len(labels),
        handlelength=1.2, handletextpad=0.5, columnspacing=1.1,
    )
    style.heading(figure, "Stationary defect, $N$ cells", results[-1], with_cells=False)
