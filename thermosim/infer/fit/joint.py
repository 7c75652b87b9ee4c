"""Several models and data sets as one likelihood: which parameter belongs to which of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.infer.fit.base import FitModel, Values
from thermosim.infer.fit.data import Measured
from thermosim.infer.fit.likelihood import Array, Bools, Likelihood, Piece
from thermosim.infer.fit.parameters import Parameter, Prior, Wishes

_MOST_STARTS = 48


@dataclass(frozen=True)
class Joint:
    """Models with their data, and all their parameters in one row.

    ``columns[m][i]`` tells for model m and its data set i which column holds each parameter.
    """

    models: Sequence[FitModel]
    parameters: list[Parameter]
    columns: list[list[dict[str, int]]]
    priors: list[Prior]

    @classmethod
    def of(cls, models: Sequence[FitModel], wishes: Wishes) -> Joint:
        """Return the models joined: parameters of one name are one, but for those of each set.

        Raises
        ------
        CaseError
            If a wish names no parameter, or nothing is left to fit.
        """
        own = [[model.parameters(i) for i in range(len(model.sets))] for model in models]
        everything = {p.name: p for m in own for one in m for p in one}
        priors = wishes.applied(list(everything.values()))[1]
        asked = [[wishes.only(one).applied(one)[0] for one in m] for m in own]
        found: dict[str, Parameter] = {}
        columns: list[list[dict[str, str]]] = []
        several = Counter(p.name for m in asked for one in m for p in one)
        for m, model in enumerate(models):
            columns.append([])
            for i, one in enumerate(model.sets):
                columns[m].append({})
                for p in asked[m][i]:
                    mine = p.own and several[p.name] > 1
                    name = f"{p.name} ({one.label})" if mine else p.name
                    columns[m][i][p.name] = name
                    first = found.get(name)
                    # what one model frees is free: the data of the others then tell of it, too
                    if first is None or (first.held and not p.held):
                        found[name] = replace(p, name=name)
        names = list(found)
        index = [[{k: names.index(v) for k, v in one.items()} for one in m] for m in columns]
        joint = cls(models, list(found.values()), index, priors)
        if not joint.free.any():
            raise CaseError([Problem("--fix", "", "holds every parameter: nothing is left to fit")])
        return joint

    @property
    def sets(self) -> list[Measured]:
        """Every data set."""
        return [one for model in self.models for one in model.sets]

    @property
    def names(self) -> list[str]:
        """Names of the parameters."""
        return [p.name for p in self.parameters]

    @property
    def free(self) -> Bools:
        """Which parameters are fitted, (p,)."""
        return np.array([not p.held for p in self.parameters])

    def values(self, rows: Array, m: int, i: int) -> Values:
        """Return the parameters of a batch (B, p) by the names that a model knows."""
        return {name: rows[:, j : j + 1] for name, j in self.columns[m][i].items()}

    def pieces(self) -> list[Piece]:
        """Return the data sets, and what is known beforehand, as pieces of a likelihood."""
        found, end = [], 0
        for m, model in enumerate(self.models):
            for i, one in enumerate(model.sets):
                columns = frozenset(self.columns[m][i].values())
                found.append(
                    Piece(partial(self._predict, m, i), slice(end, end + len(one.y)), columns)
                )
                end += len(one.y)
        at = [self.names.index(p.name) for p in self.priors]
        if at:
            found.append(Piece(lambda rows: rows[:, at], slice(end, end + len(at)), frozenset(at)))
        return found

    def _predict(self, m: int, i: int, rows: Array) -> Array:
        return self.models[m].predict(self.values(rows, m, i), i)

    def likelihood(self) -> Likelihood:
        """Return the likelihood of all data."""
        sets, known = self.sets, self.priors
        counts = [np.full(len(one.y), one.counts) for one in sets]
        return Likelihood(
            pieces=self.pieces(),
            data=np.concatenate([*(one.y for one in sets), [p.value for p in known]]),
            variance=np.concatenate([*(one.sigma**2 for one in sets), [p.sigma**2 for p in known]]),
            counts=np.concatenate([*counts, np.zeros(len(known), bool)]),
            low=np.array([p.low for p in self.parameters]),
            high=np.array([p.high for p in self.parameters]),
            log=np.array([p.log for p in self.parameters]),
            scale=np.array([p.scale for p in self.parameters]),
        )

    def starts(self) -> Array:
        """Return places to start from, (S, p): those of all models, together."""
        first = np.array([p.start for p in self.parameters])
        free = self.free
        choices = [model.starts() for model in self.models]
        count = max(len(c) for c in choices)
        every = (
            itertools.product(*choices)
            if np.prod([len(c) for c in choices]) <= _MOST_STARTS
            else zip(*(itertools.islice(itertools.cycle(c), count) for c in choices), strict=True)
        )
        rows = [first]
        for picks in every:
            row = first.copy()
            for m, pick in enumerate(picks):
                for one in self.columns[m]:
                    for name, value in pick.items():
                        j = one.get(name)
                        if j is not None and free[j]:
                            row[j] = value
            rows.append(row)
        fixed = {p.name for p in self.priors}
        at = [j for j, p in enumerate(self.parameters) if p.name in fixed]
        for row in rows:
            row[at] = first[at]
        return np.asarray(np.unique(np.array(rows), axis=0))

    def spans(self) -> list[slice]:
        """Return where each data set stands among all data."""
        return [piece.span for piece in self.pieces()[: len(self.sets)]]
