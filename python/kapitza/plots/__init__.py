# SPDX-License-Identifier: BSD-3-Clause
"""Which function draws the figures of which job, and what a caller does with a figure.

The modules that draw are imported when something is drawn: matplotlib takes a second.
"""

from importlib import import_module
from os import PathLike
from pathlib import Path

from ..error import Error, missing_package
from ..results import open

__all__ = ["compare", "draw", "plot", "save"]

# Job: the module and its function that draw a result into an empty figure.
FIGURES = {
    "collision": ("kinetic", "draw_collision"),
    "linear": ("linear", "draw"),
    "microscopic": ("field", "draw"),
    "relax": ("kinetic", "draw_relaxation"),
    "stationary": ("defect", "draw"),
}
# Those that draw several results.
COMPARISONS = {
    "microscopic": ("field", "compare"),
    "stationary": ("defect", "compare"),
}


def _painter(table, what, job):
    if job not in table:
        raise Error(f"there is no {what} for the job '{job}', only for: {', '.join(table)}")
    module, function = table[job]
    try:
        return getattr(import_module(f".{module}", __name__), function)
    except ImportError as error:
        raise missing_package(error) from error


def _job(data):
    if "job" not in data.attrs:
        raise Error("the dataset is no result of kapitza: it has no attribute 'job'")
    return data.attrs["job"]


def _figure_painter(data):
    return _painter(FIGURES, "figure", _job(data))


def _comparison_painter(results):
    """Of several results of one job, or of a field and its kinetic predictions."""
    jobs = sorted({_job(data) for data in results})
    if not jobs:
        raise Error("there is nothing to draw")
    if len(jobs) > 1 and "microscopic" not in jobs:
        raise Error(f"these are results of different jobs: {', '.join(jobs)}")
    job = "microscopic" if "microscopic" in jobs else jobs[0]
    return _painter(COMPARISONS, "figure of several results", job)


def _paint(figure, painter, results):
    try:
        painter(figure, results)
    except KeyError as error:
        raise Error(f"the result has no dataset or attribute {error}") from error
    return figure


def _on_paper(painter, results):
    """A figure without a window: it needs no display, and nobody has to close it."""
    from matplotlib.figure import Figure

    from . import style

    with style.applied():
        return _paint(Figure(dpi=style.DOTS_PER_INCH), painter, results)


def _on_screen(painter, results):
    """A figure that pyplot shows: in its window, or in a notebook as the value of a cell.

    Where it has no window it is closed: a notebook would show it twice, and a loop collect figures.
    """
    import matplotlib.pyplot as plt
    from matplotlib.backend_bases import FigureManagerBase

    from . import style

    with style.applied():
        figure = plt.figure()
        keep = False
        try:
            _paint(figure, painter, results)
            keep = type(figure.canvas.manager) is not FigureManagerBase
        finally:
            if not keep:
                plt.close(figure)
    return figure


def draw(data):
    """The figure of a result, on paper."""
    return _on_paper(_figure_painter(data), data)


def compare(results):
    """The figure of several results of one job, or of a field and its kinetic predictions."""
    return _on_paper(_comparison_painter(results), results)


def plot(result):
    """The figure of a result, or of a list of them, on the screen. Paths are opened."""
    several = list(result) if isinstance(result, (list, tuple)) else [result]
    results = [open(one) if isinstance(one, (str, PathLike)) else one for one in several]
    if len(results) == 1:
        return _on_screen(_figure_painter(results[0]), results[0])
    return _on_screen(_comparison_painter(results), results)


def save(path, out=None):
    """Draws the result in `path` into `out`, by default beside it; returns the figure's path.
    `path` may be a list: of more than one result a comparison is drawn."""
    paths = [Path(one) for one in (path if isinstance(path, (list, tuple)) else [path])]
    results = [open(one) for one in paths]
    figure = draw(results[0]) if len(results) == 1 else compare(results)
    out = Path(out or paths[0].with_name("-".join(one.stem for one in paths) + ".png"))
    try:
        figure.savefig(out)
    except (OSError, ValueError) as error:
        raise Error(f"{out}: cannot be written: {error}") from error
    return out
