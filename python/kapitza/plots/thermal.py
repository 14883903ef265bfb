# SPDX-License-Identifier: BSD-3-Clause
"""Thermal states n = 1 / (b E + c) on a grid of momenta."""

import numpy as np


def thermal_fit(n, energy):
    """The thermal density with the number and energy of n.

    b and c minimise the convex function b <E n> + c <n> - <ln (b E + c)>, where <> is a mean over
    the K momenta; Newton steps that are damped like this never leave the region b E + c > 0.
    """
    basis = np.stack([energy, np.ones_like(energy)])
    wanted = (basis * n).mean(axis=1)
    line = np.array([0.0, 1 / n.mean()])
    for _ in range(200):
        state = 1 / (line @ basis)
        downhill = (basis * state).mean(axis=1) - wanted
        step = np.linalg.solve((basis * state**2) @ basis.T / n.size, downhill)
        decrement = np.sqrt(n.size * (step @ downhill))
        line = line + step / (1 + decrement)
        if decrement < 1e-9:
            break
    return 1 / (line @ basis)
