# SPDX-License-Identifier: BSD-3-Clause
"""Figures of the job microscopic: the field in a defect or a closed chain, and kinetic theory."""

import numpy as np
from matplotlib import ticker

from ..error import Error
from . import defect, linear, style

# A closed chain has as many momenta as sites; neighbours are averaged until so many points remain.
BINS = 64
# So many remain where the change is followed in time.
WIDE_BINS = 24
# Beyond so many points error bars are drawn as a band.
POINTS = 160
# How far what was injected, or what the chains start from, may differ between field and kinetics,
# relative to its maximum: both are known on grids of momenta, not always the same ones.
SAME_DENSITY = 0.05
SAME_LAMBDA = 1e-3
# How what was asked for is drawn.
ASKED = {"color": style.GREY, "lw": 1.3, "dashes": (4, 2.5)}


def closed(data):
    return "t" in data.dims


def momenta(data):
    return data["k"].values


# ---- kinetic predictions ------------------------------------------------------------------------


def require_same(what, ours, theirs, tolerance):
    if not np.allclose(ours, theirs, rtol=0, atol=tolerance * np.max(np.abs(ours))):
        raise Error(f"the field and the kinetic result differ in {what}")


def require_same_model(data, other):
    ours, theirs = (style.configuration(one).get("model") for one in (data, other))
    if ours != theirs:
        raise Error("the field and the kinetic result differ in their model")


def at_momenta(data, other, values):
    """A density on the kinetic result's momenta, at those of the field."""
    return np.apply_along_axis(
        lambda row: np.interp(momenta(data), momenta(other), row, period=2 * np.pi), -1, values
    )


def prediction_name(other):
    channels = style.configuration(other).get("numerics", {}).get("channels")
    if not channels:
        return "kinetic theory"
    return "kinetic theory, " + ", ".join(rf"${l} \to {l}$" for l in channels)


def strength(other):
    return other.attrs.get("Lambda", style.configuration(other)["defect"]["Lambda"])


def at_same_Lambda(data, other):
    """Of a result for a list of Lambda, the one that belongs to the field."""
    results = defect.each_Lambda(other)
    nearest = min(results, key=lambda one: abs(strength(one) - data.attrs["Lambda"]))
    require_same("Lambda", data.attrs["Lambda"], strength(nearest), SAME_LAMBDA)
    return nearest


def check_defects(data, other):
    require_same_model(data, other)
    left, right = (at_momenta(data, other, other[name]) for name in ("n_in_left", "n_in_right"))
    injected = np.where(data["v"] > 0, left, right)
    require_same("what is injected", data["n_in"].values, injected, SAME_DENSITY)


def check_chains(data, other):
    require_same_model(data, other)
    coupling = style.configuration(other)["relax"]["lambda"]
    require_same("lambda", abs(data.attrs["lambda"]), abs(coupling), SAME_LAMBDA)
    start = at_momenta(data, other, other["n"].transpose("t", "k").values[0])
    require_same("the density at the start", data["n_in"].values, start, SAME_DENSITY)
    end, needed = float(other["t"][-1]), float(data["t"][-1])
    if end < needed * (1 - 1e-9):
        raise Error(f"the kinetic result ends at t = {end:.4g}, the field at t = {needed:.4g}")


def kinetic_change(data, other):
    """t and dn(t, k) of the relaxation, at the momenta of the field and up to its last time."""
    t, n = other["t"].values, other["n"].transpose("t", "k").values
    last = float(data["t"][-1])
    end = [np.interp(last, t, column) for column in n.T]
    times = np.append(t[t < last], last)
    changes = np.vstack([n[t < last], end]) - n[0]
    return times, at_momenta(data, other, changes)


# ---- what all panels share ----------------------------------------------------------------------


def draw_measured(axes, k, n, error, colour, label="_nolegend_", z=2):
    """Points with thin error bars; very many as a line with a band."""
    if k.size > POINTS:
        axes.fill_between(k, n - error, n + error, color=colour, alpha=0.3, lw=0, zorder=z)
        axes.plot(k, n, color=colour, lw=0.9, label=label, zorder=z)
        return
    known = np.isfinite(n + error)
    k, n, error = k[known], n[known], error[known]
    bars = {"elinewidth": 0.8, "capsize": 0, "ecolor": colour}
    axes.errorbar(k, n, error, fmt="o", ms=2.4, color=colour, label=label, zorder=z, **bars)


def finite_limits(axes, *values, below=0.08, above=0.08):
    """Limits around numbers, some or all of which may be missing."""
    numbers = np.concatenate([np.ravel(one) for one in values])
    numbers = numbers[np.isfinite(numbers)]
    low, high = (numbers.min(), numbers.max()) if numbers.size else (0.0, 1.0)
    size = high - low or abs(high) or 1.0
    axes.set_ylim(low - below * size, high + above * size)


def legend(axes, **options):
    """Where anything has a name."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper left", **options)


def prediction_looks(count):
    """Lines and dashes: the first prediction is the one that is to hold."""
    looks = [(style.BLACK, (None, None)), (style.ORANGE, (4, 2)), (style.GREY, (1, 1.2))]
    return [{"color": colour, "dashes": dashes} for colour, dashes in looks * count][:count]


def field_words(data):
    """The field, its coupling and its lattice."""
    config = style.configuration(data)
    defect, attributes = config.get("defect", {}), data.attrs
    words = style.model_words(config)
    words.append(rf"$\lambda = {style.number_text(attributes['lambda'])}$")
    if not closed(data):
        words.append(style.Lambda_text(attributes["Lambda"]))
    if "L" in defect:
        words.append(f"$L = {style.number_text(defect['L'], 6)}$")
    if attributes.get("counterterm"):
        words.append(f"$A = {style.number_text(attributes['counterterm'])}$")
    words.append(f"{attributes['sites']} sites")
    words.append(rf"$\Delta t = {style.number_text(attributes['dt'])}$")
    return words


def step_words(data):
    if "step_error" not in data.attrs:
        return []
    percent = style.number_text(100 * data.attrs["step_error"], 2)
    return [rf"step error ${percent}\,\%$"]


def time_text(time):
    return f"{time:.0f}" if time >= 100 else style.number_text(time)


# ---- the defect ---------------------------------------------------------------------------------


def outgoing(data, name="n"):
    return defect.outgoing(data, f"{name}_left", f"{name}_right")


def incoming(data, name="n"):
    """What the windows see of the carriers that are on their way to the defect."""
    return defect.outgoing(data, f"{name}_right", f"{name}_left")


def status(data):
    words = ""
    if not data.attrs.get("finished", True):
        words += f", stopped at $t = {time_text(data.attrs['time'])}$"
    return words if data.attrs["stationary"] else words + ", not known to be stationary"


def run_words(data):
    attributes = data.attrs
    start, end = (time_text(attributes[name]) for name in ("burn_in", "time"))
    words = [
        f"{attributes['trajectories']} trajectories", rf"measured from $t = {start}$ to ${end}$",
        "stationary" if attributes["stationary"] else "",
    ]
    if np.isfinite(attributes["injected.ratio"]):
        ratio, error = attributes["injected.ratio"], attributes["injected.ratio_err"]
        words.append(rf"coming in / asked for: ${ratio:.4f} \pm {error:.4f}$")
    return words + step_words(data)


def sides_below(axes, data):
    """With E(k) as usual, the sign of k says in which window a carrier leaves."""
    if not (data["k"] * data["v"] > 0).all():
        return
    for x, side in (0.25, "left"), (0.75, "right"):
        axes.annotate(
            f"leaves on the {side}", (x, 0), xycoords="axes fraction", ha="center", va="top",
            xytext=(0, -23), textcoords="offset points", fontsize=12, color=style.GREY,
        )


def draw_leaving(axes, data, kinetic):
    k, asked = momenta(data), data["n_expected"].values
    for other, look in zip(kinetic, prediction_looks(len(kinetic))):
        curve = defect.broken(other, defect.outgoing(other))
        label = prediction_name(other) + defect.incomplete(other)
        axes.plot(*curve, lw=1.3, label=label, zorder=3, **look)
    axes.plot(k, asked, label=r"asked for, $n_{\mathrm{in}}$", zorder=2.5, **ASKED)
    draw_measured(axes, k, incoming(data), incoming(data, "n_err"), style.GREEN, "coming in")
    label = r"leaving, $n_{\mathrm{out}}$"
    draw_measured(axes, k, outgoing(data), outgoing(data, "n_err"), style.BLUE, label)
    theirs = [defect.outgoing(other).max() for other in kinetic]
    high = np.nanmax([asked.max(), *outgoing(data), *incoming(data), *theirs])
    axes.set_ylim(0, 1.42 * high)
    axes.set_ylabel("$n(k)$")
    axes.tick_params(labelbottom=False)
    legend(axes, ncol=2, handlelength=1.8, labelspacing=0.3, columnspacing=1.4)


def draw_excess(axes, data, kinetic):
    """What collisions have changed; without them what leaves is what came in at the other side."""
    k, asked = momenta(data), data["n_expected"].values
    linear.zero_line(axes)
    predicted = [defect.outgoing(other) - defect.without_defect(other) for other in kinetic]
    for other, change, look in zip(kinetic, predicted, prediction_looks(len(kinetic))):
        axes.plot(*defect.broken(other, change), lw=1.3, zorder=3, **look)
    change, error = outgoing(data) - asked, outgoing(data, "n_err")
    draw_measured(axes, k, change, error, style.BLUE)
    finite_limits(axes, change - error, change + error, *predicted)
    style.momentum_axis(axes)
    axes.set_ylabel(r"$n_{\mathrm{out}}(k) - n_{\mathrm{in}}(k)$")
    sides_below(axes, data)


def places(data):
    """The seam, the absorber's sites on each side of it, and where the windows begin, and sites.

    The file has no positions of windows: they are in the middle between absorber and defect.
    """
    x, inside = data["x"].values, np.flatnonzero(data["D"].values)
    absorber = style.configuration(data).get("lattice", {}).get("absorber", {}).get("width", 0)
    window, sites = data.sizes["k"], x.size
    begin, end = (inside[0], inside[-1] + 1) if inside.size else (sites // 2, sites // 2)
    left = absorber + (begin - absorber - window) // 2
    right = sites - absorber - (sites - absorber - end - window) // 2 - window
    edge = x[0] - 0.5
    return edge, absorber, [(edge + left, window), (edge + right, window)]


def damping_shape(data):
    """gamma(x) relative to its maximum at the seam."""
    edge, width, _ = places(data)
    distance = data["x"].values - edge
    distance = np.minimum(distance, data.sizes["x"] - distance)
    return np.where(distance < width, np.cos(np.pi * distance / (2 * max(width, 1))) ** 2, 0)


def draw_places(axes, data):
    x, D = data["x"].values, data["D"].values
    across = axes.get_xaxis_transform()
    shape = D / (np.abs(D).max() or 1)
    shade = {"transform": across, "lw": 0, "zorder": 0}
    axes.fill_between(x, 0, shape, color="0.87", label="$D(x/L)$", **shade)
    axes.fill_between(x, 0, damping_shape(data), color="#F3CFB8", label="absorber", **shade)
    label = "window"
    for begin, width in places(data)[2]:
        axes.plot([begin, begin + width], [0.045] * 2, color=style.BLUE, lw=4, transform=across,
                  solid_capstyle="butt", label=label)
        label = None


def kinetic_density(data, other):
    """rho over x: X is the part of Lambda that a carrier from the left has behind it."""
    D = data["D"].values
    X = (np.cumsum(D**2) - D**2 / 2) / np.sum(D**2)
    return np.interp(X, *defect.density_profile(other))


def draw_profile(axes, data, kinetic):
    x, rho, error = (data[name].values for name in ("x", "density", "density_err"))
    draw_places(axes, data)
    predicted = [kinetic_density(data, other) for other in kinetic]
    for density, look in zip(predicted, prediction_looks(len(kinetic))):
        axes.plot(x, density, lw=1.3, zorder=3, **look)
    axes.fill_between(x, rho - error, rho + error, color=style.BLUE, alpha=0.35, lw=0)
    axes.plot(x, rho, color=style.BLUE, lw=0.9)
    axes.set_xlim(x[0] - 0.5, x[-1] + 0.5)
    high = np.nanmax([0, *(rho + error), *np.ravel(predicted)])
    axes.set_ylim(0, 1.25 * high if high > 0 else 1)
    axes.set_xlabel("site $x$")
    axes.set_ylabel(r"density $\rho(x)$")
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.01, 0.985), ncol=3, handlelength=1.4,
        columnspacing=1.3, handletextpad=0.5,
    )


# Kinds of errors: the datasets of both windows that have them, and how they look.
ERRORS = {
    "n_err": ("trajectories", {"color": style.BLUE, "lw": 1.3}),
    "n_err_blocks": ("blocks of time", {"color": style.ORANGE, "lw": 0.9}),
    "n_step": ("half the time step", {"color": style.GREEN, "lw": 0.9}),
}


def draw_positive(axes, x, y, label, look):
    """On a logarithmic scale; nothing, where there is nothing to see."""
    y = np.where(y > 0, y, np.nan)
    if np.isfinite(y).any():
        axes.plot(x, y, label=label, **look)


def draw_error(axes, data):
    """Of what leaves, in per cent: how well is it known?"""
    n = np.where(outgoing(data) > 0, outgoing(data), np.nan)
    axes.set_yscale("log")
    for name, (label, look) in ERRORS.items():
        if f"{name}_left" in data:
            draw_positive(axes, momenta(data), 100 * np.abs(outgoing(data, name)) / n, label, look)
    target = style.configuration(data).get("ensemble", {}).get("target_error")
    if target:
        axes.axhline(100 * target, color=style.GREY, lw=1.0, dashes=(4, 3), label="aimed at")
    style.momentum_axis(axes)
    axes.set_ylabel(r"error of $n_{\mathrm{out}}(k)$ in $\%$")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** 0.45)
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if high < 30 * low else (1,)))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())
    legend(axes, ncol=2, handlelength=1.5, labelspacing=0.3, columnspacing=1.2)


def draw_momenta(figure, data, kinetic):
    grid = figure.add_gridspec(
        2, 1, height_ratios=(1.45, 1), left=0.08, right=0.53, top=0.835, bottom=0.11, hspace=0.06
    )
    leaving = figure.add_subplot(grid[0])
    excess = figure.add_subplot(grid[1], sharex=leaving)
    draw_leaving(leaving, data, kinetic)
    draw_excess(excess, data, kinetic)
    figure.align_ylabels([leaving, excess])


def draw_defect(figure, data, kinetic):
    figure.set_size_inches(10, 6.9)
    draw_momenta(figure, data, kinetic)
    grid = figure.add_gridspec(2, 1, left=0.615, right=0.985, top=0.795, bottom=0.11, hspace=0.34)
    profile, error = (figure.add_subplot(cell) for cell in grid)
    draw_profile(profile, data, kinetic)
    draw_error(error, data)
    figure.align_ylabels([profile, error])
    lines = (style.sentence(words) for words in (field_words(data), run_words(data)))
    style.headlines(figure, "Field with a defect" + status(data), *lines)


# ---- the closed chain ---------------------------------------------------------------------------


def binned(values, error=None, count=BINS):
    """Means over neighbouring momenta; their errors add in squares.

    The momenta of a ring are independent at t = 0. Later, carriers that are deflected by little
    change two neighbours by opposite amounts: then these errors are somewhat too large.
    """
    parts = np.array_split(np.arange(values.shape[-1]), count)
    starts = [part[0] for part in parts if part.size]
    sizes = np.diff([*starts, values.shape[-1]])
    mean = np.add.reduceat(values, starts, axis=-1) / sizes
    if error is None:
        return mean
    return mean, np.sqrt(np.add.reduceat(error**2, starts, axis=-1)) / sizes


def binned_rows(data, name, count=BINS):
    """Of a density over t and k: bins of n and of its error."""
    both = (data[f"{name}{end}"].transpose("t", "k").values for end in ("", "_err"))
    return binned(*both, count)


def draw_starts_and_ends(axes, data):
    t, k = data["t"].values, binned(momenta(data))
    n, error = binned_rows(data, "n")
    axes.plot(momenta(data), data["n_in"], label="asked for at $t = 0$", **ASKED)
    axes.plot(k, n[0], "o", ms=5, mfc="none", mec=style.ORANGE, mew=0.9, label="$t = 0$")
    if t.size > 1:
        draw_measured(axes, k, n[-1], error[-1], style.BLUE, f"$t = {time_text(t[-1])}$")
    axes.set_ylim(0, 1.42 * n[[0, -1]].max())
    axes.set_ylabel("$n(k)$")
    axes.tick_params(labelbottom=False)
    legend(axes, ncol=3, handlelength=1.8, columnspacing=1.4)


def mean_square(data, change):
    """Squared distance to a prediction in standard errors, averaged over the bins."""
    mine, error = (row[-1] for row in binned_rows(data, "dn"))
    return np.mean(((binned(change) - mine) / error) ** 2)


def chain_label(data, other, change):
    chi2 = style.number_text(mean_square(data, change), 2)
    return rf"{prediction_name(other)}: $\chi^2/\mathrm{{bin}} = {chi2}$"


def draw_change(axes, data, kinetic):
    dn, error = (row[-1] for row in binned_rows(data, "dn"))
    linear.zero_line(axes)
    predicted = [kinetic_change(data, other)[1][-1] for other in kinetic]
    for other, change, look in zip(kinetic, predicted, prediction_looks(len(kinetic))):
        label = chain_label(data, other, change)
        axes.plot(momenta(data), change, lw=1.3, label=label, zorder=3, **look)
    draw_measured(axes, binned(momenta(data)), dn, error, style.BLUE)
    if "n_step" in data:
        step, step_error = (row[-1] for row in binned_rows(data, "n_step"))
        draw_measured(axes, binned(momenta(data)), step, step_error, style.GREEN,
                      "half the time step", z=1)
    labels = axes.get_legend_handles_labels()[1]
    finite_limits(axes, dn - error, dn + error, *predicted, above=0.08 + 0.13 * len(labels))
    legend(axes, handlelength=1.8, labelspacing=0.3)


def marked_bins(dn, error):
    """The bins that have grown and shrunk by much and beyond doubt at the last time."""
    weight = dn[-1] * np.abs(dn[-1]) / np.where(error[-1] > 0, error[-1], np.inf)
    return [int(np.argmax(weight)), int(np.argmin(weight))]


def draw_growth(axes, data, kinetic):
    """How the change grows where it is largest."""
    t, k = data["t"].values, binned(momenta(data), count=WIDE_BINS)
    dn, error = binned_rows(data, "dn", WIDE_BINS)
    predicted = [kinetic_change(data, other) for other in kinetic]
    linear.zero_line(axes)
    for at, colour in zip(marked_bins(dn, error), (style.BLUE, style.GREEN)):
        draw_measured(axes, t, dn[:, at], error[:, at], colour, f"$k = {k[at]:.2f}$")
        for (times, change), look in zip(predicted, prediction_looks(len(kinetic))):
            line = binned(change, count=WIDE_BINS)[:, at]
            axes.plot(times, line, lw=1.2, zorder=1, **look)
    finite_limits(axes, axes.dataLim.intervaly, above=0.25)
    axes.set_ylabel(r"change $\delta n$")
    axes.yaxis.set_major_locator(ticker.MaxNLocator(5))
    legend(axes, ncol=2, handlelength=1.0, columnspacing=1.4)


def draw_drifts(axes, data):
    """The largest among the trajectories; number is conserved to rounding, energy to the step."""
    axes.set_yscale("log")
    for name, colour in {"number": style.BLUE, "energy": style.ORANGE}.items():
        look = {"marker": "o", "ms": 2.4, "lw": 1.2, "color": colour}
        draw_positive(axes, data["t"].values, data[f"{name}_drift"].values, name, look)
    low, high = axes.get_ylim()
    axes.set_ylim(low / 3, high * (high / low) ** 0.3)
    axes.set_ylabel("largest relative drift")
    axes.set_xlabel("$t$")
    legend(axes, ncol=2, handlelength=1.6, columnspacing=1.4)


def chain_words(data):
    width = data.sizes["k"] / min(data.sizes["k"], BINS)
    words = [f"{data.attrs['trajectories']} trajectories"]
    if width > 1:
        words.append(f"points are means over {style.number_text(width)} momenta")
    return words + step_words(data)


def chain_status(data):
    if data.attrs.get("finished", True):
        return ""
    return f", stopped at $t = {time_text(data.attrs['time'])}$"


def draw_densities(figure, data, kinetic):
    grid = figure.add_gridspec(
        2, 1, height_ratios=(1, 1.35), left=0.095, right=0.535, top=0.835, bottom=0.085,
        hspace=0.06,
    )
    ends = figure.add_subplot(grid[0])
    change = figure.add_subplot(grid[1], sharex=ends)
    draw_starts_and_ends(ends, data)
    style.momentum_axis(change)
    change.set_ylabel(r"change $\delta n(k)$")
    if data.sizes["t"] > 1:
        draw_change(change, data, kinetic)
    else:
        change.set_yticks([])
        style.panel_label(change, "nothing has been recorded after $t = 0$")
    figure.align_ylabels([ends, change])


def draw_histories(figure, data, kinetic):
    grid = figure.add_gridspec(
        2, 1, left=0.645, right=0.985, top=0.835, bottom=0.085, hspace=0.06
    )
    growth = figure.add_subplot(grid[0])
    drifts = figure.add_subplot(grid[1], sharex=growth)
    draw_growth(growth, data, kinetic)
    draw_drifts(drifts, data)
    growth.tick_params(labelbottom=False)
    growth.set_xlim(0, 1.02 * float(data["t"][-1]))
    figure.align_ylabels([growth, drifts])


def draw_chain(figure, data, kinetic):
    figure.set_size_inches(10, 6.9)
    draw_densities(figure, data, kinetic)
    if data.sizes["t"] > 1:
        draw_histories(figure, data, kinetic)
    lines = (style.sentence(words) for words in (field_words(data), chain_words(data)))
    style.headlines(figure, "Field in a closed chain" + chain_status(data), *lines)


# ---- both ---------------------------------------------------------------------------------------


def draw(figure, data, kinetic=()):
    (draw_chain if closed(data) else draw_defect)(figure, data, kinetic)


def checked(data, others):
    """The kinetic results, each of them one for the same problem."""
    wanted = "relax" if closed(data) else "stationary"
    for other in others:
        if other.attrs["job"] != wanted:
            what = "a closed chain" if closed(data) else "a defect"
            raise Error(f"the field in {what} is compared with results of the job {wanted}")
    if not closed(data):
        others = [at_same_Lambda(data, other) for other in others]
    for other in others:
        (check_chains if closed(data) else check_defects)(data, other)
    return others


def compare(figure, results):
    """One field, and what kinetic theory says about it in one or several approximations."""
    fields = [data for data in results if data.attrs["job"] == "microscopic"]
    others = [data for data in results if data.attrs["job"] != "microscopic"]
    if len(fields) != 1:
        raise Error("compared is one result of the job microscopic with kinetic ones")
    draw(figure, fields[0], checked(fields[0], others))
