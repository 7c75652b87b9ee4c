"""What a march carries beside its state: the energy account, and the errors of mesh and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.heat.account import Accountant
from thermosim.heat.error_in_time import EVERY, carried_error
from thermosim.heat.in_time import paths_in_time
from thermosim.heat.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thermosim.case.settings import SolverSettings
    from thermosim.heat.account import Account
    from thermosim.heat.budget import HeatMeter
    from thermosim.heat.timestepper import TimeStepper

_LET_PASS = 5.0  # times the tolerance of a step that a whole run may miss in its mean


class Ledger:
    """Follows one stepper from its start on.

    Attributes
    ----------
    meant : θ at t = 0 as the case says, before held nodes are set; None: as it is
    error : the errors carried along; None where nobody asks or the finer problem is too large
    """

    def __init__(self, stepper: TimeStepper, meter: HeatMeter, settings: SolverSettings) -> None:
        problem = stepper.problem
        self.stepper = stepper
        self.meant: Any = None
        self.error = carried_error(problem, settings)
        self._accountant = Accountant(stepper, meter, paths_in_time(problem.model))
        self._before: Any = None
        self._properties = Properties(problem)
        if self._accountant.enthalpy.varies:
            stepper.enthalpy = self._accountant.enthalpy

    def begin(self, account: Account) -> None:
        """Take the state at t = 0 (collective)."""
        self._accountant.begin(account)
        if self.error is not None and self.meant is not None:
            self.error.jump(self.meant)

    def before_start(self) -> None:
        """Keep the state that the next piece of the run begins with."""
        self._before = self.stepper.problem.theta.x.array.copy()

    def after_start(self, account: Account, *, fresh: bool) -> None:
        """Take what held temperatures have changed at the start of a piece (collective)."""
        if fresh and self.stepper.problem.held_rates:
            self._accountant.add_jump(account)
            if self.error is not None:
                self.error.jump(self._before)
        self.restart()

    def restart(self) -> None:
        """Take the residual where steps start anew (collective)."""
        if self.error is not None:
            self.error.begin(self.stepper.time)

    def add_step(self, account: Account, *, number: int, last: bool) -> None:
        """Add a step (collective).

        Errors are carried on every few steps and at the `last` before the steps start anew.

        Raises
        ------
        CaseError
            If a property has a value that cannot be.
        """
        self._properties.look()
        self._accountant.add_step(account)
        if self.error is None:
            return
        fixed = self.stepper.settings.step is not None
        self.error.add_step(*self.stepper.local_error(), fixed=fixed)
        changes = self.stepper.enthalpy is not None  # then the heat of each step counts as it is
        if last or changes or number % EVERY == 0:
            self.error.go_on(self.stepper.time)

    def explain(self) -> None:
        """Tell of properties that cannot be, or that jump, where no step was taken (collective).

        Raises
        ------
        CaseError
            If there is one.
        """
        self._properties.look()
        self._properties.explain()

    def allowed(self) -> float:
        """Return the energy [J] that the tolerance of the steps lets pass: none of fixed ones."""
        problem, settings = self.stepper.problem, self.stepper.settings
        if settings.step:
            return 0.0
        nodes = int(problem.space.dofmap.index_map.size_global)
        return _LET_PASS * settings.tolerance * problem.nodal_capacity * nodes

    def gather(self) -> dict[str, Any]:
        """Return the fields of a checkpoint on rank 0, by name (collective)."""
        if self.error is None:
            return {}
        self.error.go_on(self.stepper.time)
        return {name: self.error.states.gather(f) for name, f in self.error.fields.items()}

    def scatter(self, kept: Mapping[str, Any]) -> None:
        """Take the fields of a checkpoint back (collective)."""
        if self.error is not None:
            for name, field in self.error.fields.items():
                self.error.states.scatter(kept[name], field)
