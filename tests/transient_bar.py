"""Planar strips as mesh arrays, and transients on them without a case file."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mpi4py import MPI
from pydantic import TypeAdapter

from thermosim.case.settings import SolverSettings
from thermosim.fem.data import MeshData
from thermosim.fem.domain import constant, distribute
from thermosim.heat.timestepper import TimeStepper
from thermosim.heat.transient import TransientProblem
from thermosim.materials.conductivity import Isotropic
from thermosim.materials.laws import DensityLaw, SpecificHeatLaw
from thermosim.model.heat import HeatBody, HeatModel
from thermosim.schedule.schedule import Piece
from thermosim.schedule.settings import TransientSettings


def strip(x, regions=("bar",), joints=(), height=None):
    """Nodes at `x` [m] in one row of squares cut in two; region i ends at joints[i].

    Boundaries: "left" and "right".
    """
    x = np.asarray(x, float)
    n, height = len(x) - 1, height or np.diff(x).mean()
    points = np.array([(a, b) for a in x for b in (0.0, height)])
    i = 2 * np.arange(n)[:, None]
    cells = np.hstack([i + np.array([0, 2, 1]), i + np.array([2, 3, 1])]).reshape(-1, 3)
    table = np.zeros((2 * n, 3), dtype=np.int32)
    table[0, 1], table[-1, 2] = 1, 2
    middle = (x[1:] + x[:-1]) / 2
    tags = np.repeat(1 + np.searchsorted(np.asarray(joints, float), middle), 2).astype(np.int32)
    names = {name: k for k, name in enumerate(regions, start=1)}
    return MeshData(
        points, cells.astype(np.int64), 1, tags, table, names, {"left": 1, "right": 2}, 1.0,
        "planar",
    )  # fmt: skip


def material(k=1.0, rho=1.0, cp=1.0):
    """Conductivity, density, specific heat: numbers in SI, or laws."""
    return (
        Isotropic(k=k),
        TypeAdapter(DensityLaw).validate_python(rho),
        TypeAdapter(SpecificHeatLaw).validate_python(cp),
    )


def body(region, source=None, **properties):
    k, rho, cp = material(**properties)
    return HeatBody(region, k, None, rho, cp, source)


@dataclass(frozen=True)
class Source:
    """A source from a function of T and the makers of constants."""

    function: Any

    def density(self, T, number):
        return self.function(T, number)


@dataclass
class March:
    """A stepper on a strip, driven to `duration`."""

    mesh: MeshData
    model: HeatModel | Any  # or a function of (domain, factor)
    degree: int = 1
    start: Any = 0.0  # θ [K]: a number or a function of x
    held_rates: dict = field(default_factory=dict)
    time: Any = None  # a constant that held temperatures read
    piece: Any = None
    settings: dict = field(default_factory=dict)

    def __post_init__(self):
        self.settings = TransientSettings(**self.settings)
        domain = distribute(self.mesh, MPI.COMM_SELF)
        self.factor = constant(domain, 1.0)
        model = self.model
        if not isinstance(model, HeatModel):
            model = model(domain, self.factor)
        self.problem = TransientProblem(domain, model, self.degree, self.factor, self.time)
        self.problem.held_rates.update(self.held_rates)
        start = self.start if callable(self.start) else lambda x: np.full(x.shape[1], self.start)
        self.problem.theta.interpolate(start)
        self.problem.impose(self.problem.theta)
        self.stepper = TimeStepper(self.problem, SolverSettings(), self.settings)
        self.stepper.set_scale(1.0)
        self.piece = self.piece or Piece(0.0, self.settings.duration, 1.0, 1.0)

    def states(self, times=()):
        """Return θ at each of `times` (met exactly) and the end, shape (n, n_dofs)."""
        self.stepper.start(0.0, self.piece)
        found = []
        for stop in [*times, self.settings.duration]:
            while self.stepper.time < stop:
                self.stepper.advance(stop)
            found.append(self.problem.theta.x.array.copy())
        return np.array(found)

    @property
    def x(self):
        return self.problem.space.tabulate_dof_coordinates()[:, 0]
