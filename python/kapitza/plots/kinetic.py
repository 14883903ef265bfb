# SPDX-License-Identifier: BSD-3-Clause
"""Figures of the jobs collision and relax: what collisions do to a density, at once and in time."""

import numpy as np

from . import style

# ---- collision ----------------------------------------------------------------------------------


def draw_density(axes, data):
    axes.plot(data["k"], data["n"], color=style.BLACK)
    axes.set_ylabel("$n(k)$")
    axes.set_ylim(bottom=0)
    style.momentum_axis(axes, label=False)
    axes.tick_params(labelbottom=False)


def draw_rates(axes, data):
    k, n = data["k"], data["n"]
    axes.axhline(0, color=style.GREY, lw=0.8)
    axes.plot(k, data["gain"], color=style.BLUE, label="gain $B$")
    axes.plot(k, n * data["loss"], color=style.ORANGE, label="loss $nA$")
    axes.plot(k, data["I"], color=style.BLACK, lw=2, label="$I = B + nA$")
    axes.fill_between(k, data["I"], color=style.BLACK, alpha=0.08, lw=0)
    axes.set_ylabel(r"rates$\,/\,\lambda^2$")
    style.momentum_axis(axes)


def draw_collision(figure, data):
    figure.set_size_inches(10, 5.6)
    grid = figure.add_gridspec(
        2, 1, height_ratios=(1, 1.7), left=0.075, right=0.985, top=0.855, bottom=0.105, hspace=0.06
    )
    panels = [figure.add_subplot(grid[row]) for row in range(2)]
    draw_density(panels[0], data)
    draw_rates(panels[1], data)
    figure.align_ylabels(panels)
    figure.legend(loc="upper right", bbox_to_anchor=(0.992, 0.945), ncol=3, columnspacing=1.4)
    style.heading(figure, "Collision integral", data)


# ---- relax --------------------------------------------------------------------------------------


def snapshots(n, count):
    """Rows of n that differ about equally from one to the next, the first and the last included."""
    path = np.concatenate([[0], np.cumsum(np.abs(np.diff(n, axis=0)).sum(axis=1))])
    if path[-1] == 0:
        return np.array([0])
    return np.unique(np.searchsorted(path, np.linspace(0, path[-1], count) * (1 - 1e-12)))


def draw_densities(axes, data):
    k, t, n = data["k"].values, data["t"].values, data["n"].transpose("t", "k").values
    rows = snapshots(n, 7)
    for row, colour in zip(rows, style.time_colours(len(rows))):
        axes.plot(k, n[row], color=colour, label=f"${style.number_text(t[row], 2)}$")
    draw_thermal_state(axes, data)
    style.momentum_axis(axes)
    axes.set_ylabel("$n(k)$")
    axes.set_ylim(0, 1.08 * n[rows].max())
    axes.legend(
        title="$t$", title_fontsize=14, loc="upper left", bbox_to_anchor=(1.0, 1.02),
        handlelength=1.5, handletextpad=0.6, labelspacing=0.45,
    )


def draw_thermal_state(axes, data):
    energy = style.energies(data)
    beta, mu = data.attrs["beta"], data.attrs["mu"]
    numbers = [rf"$\{name} = {style.number_text(data.attrs[name])}$" for name in ("beta", "mu")]
    label = "\n".join(["thermal:", *numbers])
    thermal = 1 / (beta * (energy - mu))
    axes.plot(data["k"], thermal, "--", color=style.ORANGE, lw=1.5, dashes=(4, 3), label=label)


def unfinished(data):
    if data.attrs.get("finished", True):
        return ""
    return f", stopped at $t = {style.number_text(float(data['t'][-1]))}$"


def draw_entropy(axes, data):
    axes.plot(data["t"], data["entropy"], color=style.BLACK)
    style.panel_label(axes, r"entropy  $\int\,dk\,\ln n\,/\,2\pi$", right=True, top=False)


def draw_deviation(axes, data):
    axes.semilogy(data["t"], data["deviation"], color=style.BLACK)
    style.panel_label(axes, r"largest $|n/n_{\mathrm{thermal}} - 1|$", right=True)


def draw_drifts(axes, data):
    """What is conserved, relative to its start; a drift of rounding errors is of order 1e-16."""
    names = {"number": (r"\rho", style.BLUE), "energy": ("e", style.ORANGE)}
    drifts = {name: data[name].values / data[name].values[0] - 1 for name in names}
    largest = max(np.abs(drift).max() for drift in drifts.values())
    power = int(np.floor(np.log10(max(largest, 1e-16))))
    for name, (symbol, colour) in names.items():
        axes.plot(data["t"], drifts[name] / 10.0**power, color=colour, lw=1.3, label=f"${symbol}$")
    axes.set_ylim(np.array([-1.15, 1.9]) * max(largest, 1e-16) / 10.0**power)
    style.panel_label(axes, rf"relative drift $/\,10^{{{power}}}$")
    axes.legend(loc="upper right", ncol=2, handlelength=1.2, columnspacing=1.0, borderaxespad=0.2)


def draw_relaxation(figure, data):
    figure.set_size_inches(10, 5.6)
    grid = figure.add_gridspec(
        3, 2, width_ratios=(1.45, 1), left=0.062, right=0.985, top=0.85, bottom=0.105,
        wspace=0.5, hspace=0.1,
    )
    density = figure.add_subplot(grid[:, 0])
    draw_densities(density, data)
    panels = [figure.add_subplot(grid[row, 1]) for row in range(3)]
    for axes, draw_panel in zip(panels, (draw_deviation, draw_entropy, draw_drifts)):
        draw_panel(axes, data)
        axes.set_xlim(0, float(data["t"][-1]) or 1)
        axes.tick_params(labelbottom=axes is panels[-1])
    panels[-1].set_xlabel("$t$")
    style.heading(figure, "Relaxation to the thermal state" + unfinished(data), data)
