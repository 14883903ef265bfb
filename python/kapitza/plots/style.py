# SPDX-License-Identifier: BSD-3-Clause
"""What all figures share: fonts, colours, the momentum axis, the line of parameters."""

import tomllib

import matplotlib
import numpy as np
from matplotlib import ticker

from ..error import Error

# Okabe and Ito's colours, which stay apart for every kind of colour vision.
BLUE, ORANGE, GREEN, GREY, BLACK = "#0072B2", "#D55E00", "#009E73", "#767676", "#1A1A1A"

# Of figures on paper; those on a screen have the screen's.
DOTS_PER_INCH = 200

_RC = {
    "figure.facecolor": "white",
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 13,
    "axes.labelsize": 14,
    "axes.titlesize": 13,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "axes.edgecolor": BLACK,
    "axes.linewidth": 0.8,
    "axes.formatter.use_mathtext": True,
    "axes.formatter.limits": (-3, 4),
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "lines.linewidth": 1.7,
    "lines.solid_capstyle": "round",
}


def applied():
    """Context: what is drawn in it has our settings, and the caller's are left alone."""
    return matplotlib.rc_context(_RC)


def time_colours(count):
    """From early to late, light to dark; the palest tones of the map vanish on white."""
    return matplotlib.colormaps["viridis_r"](np.linspace(0.12, 1.0, count))


def momentum_axis(axes, label=True, vertical=False):
    (axes.set_ylim if vertical else axes.set_xlim)(-np.pi, np.pi)
    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_ticks(np.pi * np.array([-1, -0.5, 0, 0.5, 1]))
    axis.set_ticklabels([r"$-\pi$", r"$-\pi/2$", "$0$", r"$\pi/2$", r"$\pi$"])
    axis.set_minor_locator(ticker.MultipleLocator(np.pi / 8))
    if label:
        axis.set_label_text("$k$")


def panel_label(axes, text, right=False, top=True):
    """What a small panel shows, written into one of its corners."""
    axes.annotate(
        text, (int(right), int(top)), xycoords="axes fraction", textcoords="offset points",
        xytext=(-8 if right else 8, -7 if top else 8),
        ha="right" if right else "left", va="top" if top else "bottom", fontsize=12,
    )


def number_text(value, digits=3):
    """A number as mathtext: 0.384, or 2.1 x 10^-5 where that is shorter."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{float(f'{value:.{digits}g}'):g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = rf"10^{{{int(exponent)}}}"
    if mantissa in ("1", "-1"):
        return mantissa[:-1] + power
    return rf"{mantissa}\times {power}"


def configuration(data):
    """The resolved configuration as nested dictionaries; empty where it cannot be read."""
    try:
        return tomllib.loads(data.attrs.get("config", ""))
    except ValueError:
        return {}


def energies(data):
    """E(k) of the result's carriers."""
    if "E" not in data:
        raise Error(
            "the result has no dataset 'E', the energies of its carriers: it was written by an "
            "older version of kapitza; run it again"
        )
    return data["E"].values


# As they are written in formulae; what they are is in the file.
_BANDS = {"parabolic": "$E(k) = k^2$", "cosine": r"$E(k) = 2\,(1 - \cos k)$"}


def Lambda_text(Lambda):
    if Lambda is None:
        return ""
    if not isinstance(Lambda, list):
        return rf"$\Lambda = {number_text(Lambda)}$"
    return rf"$\Lambda = {number_text(Lambda[0])} \ldots {number_text(Lambda[-1])}$"


def background_text(config):
    """The thermal state whose perturbations are looked at."""
    state = config.get("state", {}).get("n")
    if config.get("job") != "linear" or not isinstance(state, dict):
        return ""
    beta, mu = (number_text(state["thermal"][name]) for name in ("beta", "mu"))
    return rf"$\beta = {beta},\ \mu = {mu}$"


def model_words(config):
    """The band and the interaction."""
    model = config.get("model", {})
    dispersion = model.get("dispersion", "parabolic")
    words = [_BANDS.get(dispersion, "") if isinstance(dispersion, str) else "$E(k)$ from a table"]
    for name, value in sorted(model.get("interaction", {}).items()):
        words.append(f"$c_{{{name[1:]}}} = {number_text(value)}$")
    return words


def parameter_line(data, with_cells=True):
    """The parameters that the result depends on, in one line."""
    config = configuration(data)
    words = model_words(config)
    if "channels" in config.get("numerics", {}):
        channels = config["numerics"]["channels"]
        words.append(", ".join(rf"${l} \to {l}$" for l in channels))
    if "lambda" in config.get("relax", {}):
        words.append(rf"$\lambda = {number_text(config['relax']['lambda'])}$")
    words.append(background_text(config))
    words.append(Lambda_text(config.get("defect", {}).get("Lambda")))
    words.append(f"$K = {data.sizes['k']}$")
    if with_cells and "density" in data:
        words.append(f"{data['density'].shape[-1]} cells")
    if "T" in data.attrs:
        words.append(f"$T = {number_text(data.attrs['T'])}$")
    if "error_estimate" in data.attrs:
        what = "error" if data.attrs["job"] == "linear" else "error of $I$"
        words.append(f"{what} about ${number_text(data.attrs['error_estimate'], 1)}$")
    return sentence(words)


def sentence(words):
    return ",  ".join(word for word in words if word)


def headlines(figure, title, *lines):
    """The title and, smaller, lines of parameters below it."""
    figure.suptitle(title, x=0.012, y=0.985, ha="left", va="top", fontsize=16)
    figure.text(0.012, 0.922, "\n".join(lines), ha="left", va="top", fontsize=12, color=GREY)


def heading(figure, title, data, with_cells=True):
    headlines(figure, title, parameter_line(data, with_cells))
