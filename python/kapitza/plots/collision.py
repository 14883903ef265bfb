# SPDX-License-Identifier: BSD-3-Clause
"""Figure of the job collision: a density and what collisions do to it."""

import matplotlib.pyplot as plt

from . import style


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


@style.styled
def draw(data):
    figure = plt.figure(figsize=(10, 5.6))
    grid = figure.add_gridspec(
        2, 1, height_ratios=(1, 1.7), left=0.075, right=0.985, top=0.855, bottom=0.105, hspace=0.06
    )
    panels = [figure.add_subplot(grid[row]) for row in range(2)]
    draw_density(panels[0], data)
    draw_rates(panels[1], data)
    figure.align_ylabels(panels)
    figure.legend(loc="upper right", bbox_to_anchor=(0.992, 0.945), ncol=3, columnspacing=1.4)
    style.heading(figure, "Collision integral", data)
    return figure
