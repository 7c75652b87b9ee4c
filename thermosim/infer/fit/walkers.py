"""Walkers that sample a density: an ensemble of emcee, with draws from what is known of its modes.

The ensemble (10.1086/670067) moves by differential evolution (10.1007/s11222-006-8769-1; a tenth of
the steps jump from mode to mode) and by draws from Student's t distributions about the modes. The
snooker move of emcee 3.1.6 is not among them: it makes a distribution too narrow (7 % in 13
dimensions where a fifth of the steps are such).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from thermosim.infer.fit.likelihood import Array

LONG_ENOUGH = 50.0
"""Autocorrelation times that a chain must hold, so that these are known (10.1086/670067)."""
_WALKERS, _PER_PARAMETER = 64, 4
_BLOCK = 500  # steps between looks at the chain
_DROPPED = 0.2  # of the chain, before it is looked at
_SLOW = 20.0  # autocorrelation times of a first chain, below which the hills are no good
_ADAPTED = 6  # times that the hills are made after the samples
_SEEN = 3000.0  # independent samples
_SHARES = (0.5, 0.1, 0.4)  # of the steps: differential evolution, from mode to mode, from the hills
_FREEDOM = 5.0  # of Student's t: tails longer than those of a Gaussian
LEAST_WEIGHT = 0.05
"""The least share of the draws that a hill gets."""
_GROUPS, _OVER_ALL = 8, 0.1  # of samples, each a hill; share of the draws of the one over all
_MANY = 20  # samples per parameter, from which they tell how wide a hill is
_WINDOW = 5.0  # autocorrelation times over which correlations are summed
_HALVED = 30

Log = Callable[[Array], Array]


@dataclass(frozen=True)
class Hills:
    """Student's t distributions, one for each mode: what may be drawn from.

    ``centre`` (M, d), ``root`` (M, d, d) lower Cholesky factors of the scale, ``weight`` (M,).
    """

    centre: Array
    root: Array
    weight: Array

    def drawn(self, count: int, random: np.random.RandomState) -> Array:
        """Return points, (count, d)."""
        which = random.choice(len(self.weight), size=count, p=self.weight)
        normal = random.standard_normal((count, self.centre.shape[1]))
        long = np.sqrt(_FREEDOM / random.chisquare(_FREEDOM, count))
        step = np.einsum("nij,nj->ni", self.root[which], normal)
        return np.asarray(self.centre[which] + step * long[:, None])

    def each(self, at: Array) -> Array:
        """Return the logarithm of the density of each hill at (n, d), to a constant, (M, n)."""
        d = self.centre.shape[1]
        away = np.linalg.solve(self.root, (at - self.centre[:, None]).transpose(0, 2, 1))
        scale = np.log(np.einsum("mii->mi", self.root)).sum(axis=1)
        log = np.log1p((away**2).sum(axis=1) / _FREEDOM)
        return np.asarray(-0.5 * (_FREEDOM + d) * log - scale[:, None])

    def log_density(self, at: Array) -> Array:
        """Return the logarithm of the density at (n, d), to a constant."""
        from scipy.special import logsumexp

        return np.asarray(logsumexp(self.each(at), axis=0, b=self.weight[:, None]))

    def proposed(self, at: Array, random: np.random.RandomState) -> tuple[Array, Array]:
        """Return draws in place of (n, d), and the logarithm of q(at)/q(drawn), as emcee asks."""
        drawn = self.drawn(len(at), random)
        return drawn, self.log_density(at) - self.log_density(drawn)


def hills_of(samples: Array, random: np.random.RandomState) -> Hills:
    """Return hills about groups of samples (S, d), and a wide one over all of them.

    The groups are those of k-means, so that a ridge that bends is a row of hills.
    """
    from scipy.cluster.vq import kmeans, vq

    size = samples.std(axis=0) + 1e-300
    first = random.choice(len(samples), size=_GROUPS, replace=False)
    centres, _ = kmeans(samples / size, samples[first] / size)
    group, _ = vq(samples / size, centres)
    parts = [samples[group == k] for k in range(len(centres))]
    parts = [part for part in parts if len(part) > _MANY * samples.shape[1]]
    share = [(1.0 - _OVER_ALL) * len(part) / len(samples) for part in parts]
    weight = np.array([*share, _OVER_ALL])
    parts.append(samples)
    centre = np.array([part.mean(axis=0) for part in parts])
    return Hills(centre, np.array([_root_of(part) for part in parts]), weight / weight.sum())


def _root_of(samples: Array) -> Array:
    """Return the lower Cholesky factor of the covariance of samples (S, d)."""
    spread = np.atleast_2d(np.cov(samples.T))
    size = np.sqrt(np.diag(spread)) + 1e-300
    shape = spread / np.outer(size, size) + 1e-9 * np.eye(len(size))
    return np.asarray(size[:, None] * np.linalg.cholesky(shape))


@dataclass(frozen=True)
class Chain:
    """Where walkers have been, (N, walkers, d), after the first ``dropped`` steps.

    ``times`` are integrated autocorrelation times [steps] of each parameter, ``acceptance`` the
    share of the proposals that were taken.
    """

    places: Array
    dropped: int
    times: Array
    acceptance: float

    @property
    def lengths(self) -> float:
        """Length in autocorrelation times of the slowest parameter."""
        return float(len(self.places) / self.times.max())

    @property
    def independent(self) -> float:
        """How many independent samples it is worth."""
        return self.lengths * self.places.shape[1]


def autocorrelation_times(places: Array) -> Array:
    """Return the integrated autocorrelation time [steps] of each parameter of (N, walkers, d).

    The mean of the correlations of all walkers about the mean of all (Goodman and Weare,
    10.2140/camcos.2010.5.65), so that walkers that stay each in its mode show as a chain that has
    not mixed; summed over 5 of these times (Sokal). At least 1.
    """
    steps = len(places)
    size = 2 ** int(np.ceil(np.log2(2 * steps)))
    away = places - places.mean(axis=(0, 1))
    power = np.zeros((size // 2 + 1, places.shape[2]))
    for walker in range(places.shape[1]):
        power += np.abs(np.fft.rfft(away[:, walker], size, axis=0)) ** 2
    correlation = np.fft.irfft(power, size, axis=0)[:steps]
    correlation /= np.where(correlation[0] > 0.0, correlation[0], 1.0)
    sums = 2.0 * np.cumsum(correlation, axis=0) - 1.0
    enough = np.arange(steps)[:, None] >= _WINDOW * sums
    enough[-1] = True
    found = sums[enough.argmax(axis=0), np.arange(places.shape[2])]
    return np.asarray(np.maximum(found, 1.0))


def walked(log: Log, hills: Hills, most: int, seed: int, tell: Callable[[str], None]) -> Chain:
    """Return the chain of walkers that start about all hills.

    Steps are added until it is 50 autocorrelation times long and holds 3000 independent samples,
    or there are ``most``. The first chains that are far from it serve to make the hills better.
    """
    import emcee

    random = np.random.RandomState(seed)
    d = hills.centre.shape[1]
    walkers = 2 * (max(_WALKERS, _PER_PARAMETER * d) // 2)
    state = emcee.State(_begun(log, hills, walkers, random))
    state.random_state = random.get_state()
    before = 0
    for round_ in range(_ADAPTED + 1):
        moves = (emcee.moves.DEMove(), emcee.moves.DEMove(gamma0=1.0),
                 emcee.moves.MHMove(hills.proposed))  # fmt: skip
        sampler = emcee.EnsembleSampler(
            walkers, d, log, vectorize=True, moves=list(zip(moves, _SHARES, strict=True))
        )
        while (steps := sampler.iteration) < most - before:
            more = min(max(_BLOCK, steps // 4), most - before - steps)
            state = sampler.run_mcmc(state, more, skip_initial_state_check=True)
            chain = _seen(sampler)
            told = f"{walkers} walkers, {sampler.iteration} steps, {chain.lengths:.3g} "
            tell(f"posterior: {told}autocorrelation times")
            if chain.lengths >= LONG_ENOUGH and chain.independent >= _SEEN:
                return chain
            slow = chain.lengths < _SLOW and before + sampler.iteration < most
            if round_ < _ADAPTED and slow:
                break
        before += sampler.iteration
        hills = hills_of(chain.places[len(chain.places) // 2 :].reshape(-1, d), random)
    return chain


def _seen(sampler: Any) -> Chain:
    places = sampler.get_chain()
    dropped = int(_DROPPED * len(places))
    places = places[dropped:]
    accepted = float(sampler.acceptance_fraction.mean())
    return Chain(places, dropped, autocorrelation_times(places), accepted)


def _begun(log: Log, hills: Hills, walkers: int, random: np.random.RandomState) -> Array:
    """Return where the walkers start, (walkers, d): about all hills in turn, where it is likely."""
    which = np.arange(walkers) % len(hills.centre)
    centre = hills.centre[which]
    normal = random.standard_normal(centre.shape)
    step = np.einsum("nij,nj->ni", hills.root[which], normal)
    least = log(centre) - 10.0 - 2.0 * centre.shape[1]
    for _ in range(_HALVED):
        far = ~(log(centre + step) >= least)
        if not far.any():
            break
        step[far] *= -0.5  # a minimum may lie at a bound
    step[~(log(centre + step) >= least)] = 0.0
    return np.asarray(centre + step)
