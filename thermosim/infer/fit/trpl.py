"""Decays after a pulse, over fluence: lifetimes, charged share, chance of ionisation.

The decay is that of `gain.trpl.pulsed_decay`, folded with the response of the instrument and
integrated over each channel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.gain.trpl import decay_terms
from thermosim.infer.fit.base import FitModel, Values
from thermosim.infer.fit.data import Asked, Measured, Wanted, noise_of, setting_of, windowed
from thermosim.infer.fit.likelihood import Array
from thermosim.infer.fit.parameters import Parameter
from thermosim.language.tables import Decays, Reading, read_decays
from thermosim.language.units import parse_quantity

WANTED = Wanted(("time",), (), "counts", "counts")
_FWHM = 2.0 * math.sqrt(2.0 * math.log(2.0))
_GONE = 8.5  # sigma after which nothing of a Gaussian is left
_PER_PULSE = ("excitons", "exciton", "e-h pairs", "eh")


@dataclass(frozen=True)
class Response:
    """The response of the instrument: a Gaussian of ``sigma`` [s], or samples at ``time`` [s]."""

    sigma: float = 0.0
    time: float = 0.0
    samples: Array | None = None


class TrplFit(FitModel):
    """Time-resolved luminescence of one sample at several fluences, fitted together."""

    name: ClassVar[str] = "trpl"
    equation: ClassVar[str] = (
        "counts = background + scale (R * I)(t - t_0), I = (1 - f_c)(p_X + 4 p_BX) + 2 f_c p_T, "
        "Poisson start of mean n, A of the biexcitons ionise"
    )

    def __init__(self, paths: list[Path], asked: Asked) -> None:
        self.notes = []
        decays = [_read(path, asked) for path in paths]
        self.sets = [one for d in decays for one in _sets(d, asked, many=len(decays) > 1)]
        self.response = [_response(d, asked) for d in decays for _ in d.labels]
        self.edges = [_edges(one.x) for one in self.sets]
        self.excitons = self._excitons(asked)

    def _excitons(self, asked: Asked) -> list[float | None]:
        """Return excitons per pulse of each set: known, in units of the highest, or None."""
        told = [setting_of(one.y_name) for one in self.sets]
        if asked.excitons:
            if len(asked.excitons) != len(self.sets):
                rule = f"is given {len(asked.excitons)} times for {len(self.sets)} decays"
                raise CaseError([Problem("--excitons", "", rule)])
            self.known = True
            return list(asked.excitons)
        self.known = all(t is not None and t[1].lower() in _PER_PULSE for t in told)
        units = {t[1] for t in told if t is not None}
        if any(t is None for t in told) or len(units) > 1 or len(told) < 2:
            self.notes.append(
                "excitons per pulse: one number for each decay (--excitons N gives it)"
            )
            return [None] * len(told)
        values = [t[0] for t in told if t is not None]
        if self.known:
            return list(values)
        top = max(values)
        self.notes.append(f"excitons per pulse: in the ratio of the {units.pop()} of the columns")
        return [v / top for v in values]

    def parameters(self, i: int = 0) -> list[Parameter]:
        """Return lifetimes, shares, and for each decay scale and background."""
        tau = _tail_lifetime(self.sets[0])
        several = len(self.sets) > 1
        own_y = self.sets[i].y
        level, top = float(np.sort(own_y)[: max(3, len(own_y) // 20)].mean()), float(own_y.max())
        found = [
            Parameter.positive("tau_X", "s", tau, "lifetime of the exciton"),
            Parameter.positive("tau_T", "s", 0.15 * tau, "lifetime of the trion"),
            Parameter.positive("tau_BX", "s", 0.03 * tau, "lifetime of the biexciton"),
            Parameter.share("charged", 0.2, "share of the dots that hold a charge"),
            Parameter.share("A", 0.2 if several else 0.0, "chance that a biexciton ionises its dot",
                            held=not several),
        ]  # fmt: skip
        if not self.known:
            own = self.excitons[0] is None
            p = Parameter.positive(
                "excitons",
                "1",
                0.5,
                "mean excitons per dot and pulse" + ("" if own else " at the highest fluence"),
            )
            found.append(replace(p, low=1e-4, high=50.0, own=own))
        width = float(np.median(np.diff(self.sets[0].x)))
        zero = 0.0 if self.response[0].samples is not None else _rise(self.sets[0])
        span = 0.2 * float(np.ptp(self.sets[0].x))
        found += [
            Parameter("time_zero", "s", zero, "arrival of the pulse", zero - span, zero + span,
                      physical=False, scale=width),
            replace(Parameter.positive("scale", "counts", top, "counts per channel of one exciton"),
                    own=True),
            Parameter("background", "counts", level, "counts per channel without light",
                      0.0, 10.0 * top, scale=max(level, 1.0), own=True),
        ]  # fmt: skip
        return found

    def starts(self) -> list[dict[str, float]]:
        """Return several orders of the two fast lifetimes."""
        tau = _tail_lifetime(self.sets[0])
        return [
            {"tau_X": stretch * tau, "tau_T": t * tau, "tau_BX": b * tau, "excitons": n}
            for stretch in (1.0, 1.5)
            for t, b in ((0.3, 0.05), (0.1, 0.02), (0.05, 0.15))
            for n in (0.3, 1.0, 3.0)
        ]

    def predict(self, values: Values, i: int) -> Array:
        """Return counts per channel, (B, n)."""
        n: Any = self.excitons[i]
        if not self.known:
            n = values["excitons"] * (1.0 if n is None else n)
        amplitudes, lifetimes = decay_terms(
            n, values["tau_X"], values["tau_T"], values["tau_BX"], values["A"], values["charged"]
        )
        found = folded(
            self.edges[i], self.sets[i].x, values["time_zero"], amplitudes, lifetimes,
            self.response[i],
        )  # fmt: skip
        return np.asarray(values["background"] + values["scale"] * found)


def folded(
    edges: Array, time: Array, zero: Array, amplitudes: Any, lifetimes: Any, response: Response
) -> Array:
    """Return a sum of exponentials that begins at ``zero``, folded, the mean of each channel.

    ``edges`` [s] (n + 1,) of the channels, all else (B, 1).
    """
    lag = response.time if response.samples is not None else 0.0
    grid = edges - edges[0] + (time[0] - lag) if response.samples is not None else edges
    if response.samples is not None:  # channels from the first to the last lag
        step = (edges[-1] - edges[0]) / (len(edges) - 1)
        grid = (np.arange(-len(response.samples), len(time) + 1) + 0.5) * step + time[0] - lag
    total: Any = 0.0
    for amplitude, tau in zip(amplitudes, lifetimes, strict=True):
        sums = tau * _risen((grid - zero), tau, response.sigma)
        total = total + amplitude * np.diff(sums, axis=-1) / np.diff(grid)
    if response.samples is None:
        return np.asarray(total)
    return _convolved(total, response.samples, len(time))


def _risen(t: Array, tau: Array, sigma: float) -> Array:
    """Return ``∫ e^{-t/tau}/tau`` from the pulse to t, folded with a Gaussian."""
    if sigma == 0.0:
        return np.asarray(-np.expm1(-np.maximum(t, 0.0) / tau))
    from scipy.special import erfcx, ndtr

    a = t / sigma - sigma / tau
    early = np.minimum(a, t / sigma).min(axis=0) < _GONE
    rise = sigma / tau
    found = -np.expm1(np.minimum(-t / tau + 0.5 * rise**2, 700.0))  # long after the response
    t, a = t[:, early], a[:, early]
    before = 0.5 * np.exp(-0.5 * (t / sigma) ** 2) * erfcx(np.maximum(-a, 0.0) / math.sqrt(2.0))
    after = np.exp(np.minimum(-t / tau + 0.5 * rise**2, 700.0)) * ndtr(a)
    found[:, early] = ndtr(t / sigma) - np.where(a < 0.0, before, after)
    return np.asarray(found)


def _convolved(decay: Array, samples: Array, count: int) -> Array:
    """Return the decay, whose first lag is minus the number of samples, folded with them."""
    size = decay.shape[-1] + len(samples)
    spectrum = np.fft.rfft(decay, size, axis=-1) * np.fft.rfft(samples, size)
    full = np.fft.irfft(spectrum, size, axis=-1)
    return np.asarray(full[..., len(samples) - 1 : len(samples) - 1 + count])


def _read(path: Path, asked: Asked) -> Decays:
    return read_decays(path, asked.reading, asked.channel)


def _sets(decays: Decays, asked: Asked, *, many: bool) -> list[Measured]:
    found = []
    for label, counts in zip(decays.labels, decays.counts, strict=True):
        sigma, poisson, estimated, noise = noise_of(counts, None, WANTED, asked, decays.source)
        name = f"{Path(decays.source).stem} {label}" if many and len(decays.labels) > 1 else label
        name = Path(decays.source).stem if len(decays.labels) == 1 else name
        one = Measured(
            name, decays.time, counts, sigma, poisson, estimated, noise, "time", "ns", 1e-9,
            Path(decays.source).stem if label.startswith("column ") and many else label, "counts",
            (*decays.notes, f'"{name}": {noise}'), decays.source,
        )  # fmt: skip
        found.append(windowed(one, asked))
    return found


def _response(decays: Decays, asked: Asked) -> Response:
    """Return the response: a width (``80 ps``), a file, the column of the file, or none."""
    text = asked.response
    if text:
        try:
            return Response(sigma=parse_quantity(text, "s", "80 ps") / _FWHM)
        except ValueError as error:
            if not Path(text).is_file():
                rule = f"is neither a width ({error}) nor a file"
                raise CaseError([Problem("--response", f'"{text}"', rule)]) from error
        given = read_decays(text, Reading(), asked.channel)
        samples, time = given.counts[0], given.time
        if given.response is not None:
            samples = given.response
    elif decays.response is not None:
        samples, time = decays.response, decays.time
    else:
        return Response()
    step = np.diff(decays.time)
    if np.ptp(step) > 1e-3 * step.mean() or abs(np.diff(time).mean() / step.mean() - 1.0) > 1e-3:
        rule = "must have the channels of the decay, all of one width"
        raise CaseError([Problem("response", "", rule, "or give its width: --response 80 ps")],
                        decays.source)  # fmt: skip
    net = samples - np.median(samples)
    seen = np.flatnonzero(net > 0.01 * net.max())
    part = np.maximum(net[seen[0] : seen[-1] + 1], 0.0)
    return Response(time=float(time[seen[0]]), samples=part / part.sum())


def _edges(x: Array) -> Array:
    middle = 0.5 * (x[1:] + x[:-1])
    return np.concatenate([[1.5 * x[0] - 0.5 * x[1]], middle, [1.5 * x[-1] - 0.5 * x[-2]]])


def _rise(one: Measured) -> float:
    """Return where a decay first reaches half its highest count [s]."""
    return float(one.x[np.argmax(one.y >= 0.5 * one.y.max())])


def _tail_lifetime(one: Measured) -> float:
    """Return a rough lifetime [s]: mean time since the peak, of what lies above the level."""
    peak = int(one.y.argmax())
    t, y = one.x[peak:] - one.x[peak], one.y[peak:]
    net = np.maximum(y - np.sort(y)[: max(3, len(y) // 20)].mean(), 0.0)
    late = t >= 0.1 * t[-1]
    found = float((net * t)[late].sum() / max(net[late].sum(), 1e-300)) - 0.1 * float(t[-1])
    return max(found, 2.0 * float(t[1]))
