"""Where a run differs from its golden numbers, and how far a number may move.

Every float must be that of the golden file to `REL`, everything else must be the same. What a sum
or difference of larger numbers leaves is known no better than the rounding of those: the floors
below are shares of the number that it is a rest of, never of itself. Three runs of one version on
one machine give the same digits but for a few last ones (the enclosure with its iterated linear
solver); other BLAS kernels and a mesh numbered afresh move no flow by more than 4e-14 of the heat
exchanged. Another processor (NumPy and the C library choose their kernels by it) leaves the mesh as
it is (tests/fem/test_mesh_last_bits.py), but moves a ΔT by 1e-14 of T, an exponential fitted to a
course by 3e-8, and an estimate of an error by 6e-5.
"""

import math

REL = 1e-9
ROUNDING = 1e-14  # of the larger numbers whose difference is meant
STORED = 1e-12  # the same for heat stored: a difference of states that agree to Newton's tolerance
NEWTON = 1e-10  # of the ΔT: solver.newton_rtol
FIT = 1e-7  # of what is fitted to a course in time
ESTIMATE = 1e-4  # of an error that is estimated, by differences of solutions
ALGEBRAIC = 1e-3  # of what linear solvers and Newton leave
DEFECTS = {"residual_rel", "energy_balance_rel", "energy_account_rel"}
# differences of numbers near 1
ONE = {"gain_reduction_rel", "light_on_mesh_error_rel", "optics_balance_rel"}
DEFECT_FLOOR = 1e-10
COUNTS = {"newton_iterations", "linear_iterations"}
RESTS = {"heat_leaving_W", "heat_to_substrate_W"}  # without a source, and without a substrate
ABSOLUTE = ("region_", "probe_", "goal_K")  # temperatures T, not ΔT


def differences(golden, new):
    """Return a line for each entry of a run that is not the golden one."""
    scale = Scales(golden)
    return list(_walk(golden, new, "", scale))


def _walk(golden, new, path, scale):
    if isinstance(golden, dict) and isinstance(new, dict):
        for key in sorted(golden.keys() | new.keys()):
            here = f"{path}/{key}"
            if key not in new:
                yield f"{here}: is gone, was {golden[key]!r}"
            elif key not in golden:
                yield f"{here}: is new, {new[key]!r}"
            else:
                yield from _walk(golden[key], new[key], here, scale)
    elif isinstance(golden, list) and isinstance(new, list):
        if len(golden) != len(new):
            yield f"{path}: {len(new)} entries, were {len(golden)}: {new!r}, was {golden!r}"
        for i, (one, other) in enumerate(zip(golden, new, strict=False)):
            yield from _walk(one, other, f"{path}/{i}", scale)
    elif not same(golden, new, path, scale):
        yield f"{path}: {new!r}, was {golden!r}"


def same(golden, new, path, scale):
    """Whether one entry is the golden one: numbers to `REL` and their floor, the rest exactly."""
    key = path.rpartition("/")[2]
    if key.endswith("_W") and golden == 0 and type(new) in (int, float):
        golden, new = float(golden), float(new)  # the sum of no flows at all may be 0 or 0.0
    if key in COUNTS and scale.rounds and type(new) is int:
        return abs(new - golden) <= 3
    if type(golden) is not type(new) or not isinstance(golden, float):
        return type(golden) is type(new) and golden == new
    if not math.isfinite(new):
        return False
    if key in DEFECTS:
        # What Newton and the linear solver leave: any number below their tolerance is as good, and
        # it is made of rounding. It may be smaller, but it must not be ten times as large.
        return 0 <= new <= max(10 * golden, DEFECT_FLOOR)
    known = max(_relative(path, key) * scale.size(golden, key), scale.floor(golden, path, key))
    return abs(new - golden) <= known


def _relative(path, key):
    """Return the share of itself by which a number may move."""
    if "fit_" in key:
        return FIT
    if "algebraic" in key:
        return ALGEBRAIC
    return ESTIMATE if "error" in key or path.startswith("/summary/errors") else REL


class Scales:
    """The numbers of a golden run that its differences are differences of."""

    def __init__(self, golden):
        summary = golden["summary"]
        flows = golden["budget_W"].values()
        self.heat = sum(abs(flow) for flow in flows) / 2  # turned over [W]
        # The last steps of a body that nothing holds, or that is held by next to nothing, are
        # rounding (heat/last_steps.py); elsewhere Newton is done in five.
        held = any(path.endswith(":held") for path in golden["budget_W"])
        steady = "time_s" not in summary
        self.rounds = not held or (steady and summary.get("newton_iterations", 0) > 5)
        self.balance = summary["energy_balance_rel"]
        self.delta_T = max(abs(summary[f"delta_T_{end}_K"]) for end in ("min", "max"))
        self.T = summary["T_ref_K"]
        self.time = summary.get("time_s")

    def size(self, golden, key):
        """Return what `REL` is a share of: the number, or for a temperature T its T - T_ref."""
        if key.startswith(ABSOLUTE):
            return min(abs(golden), max(self.delta_T, abs(golden - self.T)))
        return abs(golden)

    def floor(self, golden, path, key):
        """Return the change below which an entry is the same whatever it is, in its own unit."""
        if key.endswith(":stored") or key == "heat_stored_W":
            return STORED * self.heat
        if key == "delta_T_mean_rate_K_per_s":  # so slow that in the whole run it is rounding
            return REL * self.delta_T / self.time
        if key in RESTS:  # of the balance, so that it is off by what that is off by
            return 10 * self.balance * self.heat + ROUNDING * self.heat
        if path.startswith(("/budget_W", "/summary/errors")) or (
            key.startswith("heat_") and key.endswith("_W")
        ):
            return ROUNDING * self.heat
        if "error" in key and key.endswith("_K"):
            # where the elements hold the solution or its adjoint, no more than Newton's tolerance
            nothing = NEWTON * self.delta_T
            return nothing if abs(golden) < nothing else 0.0
        if key.startswith((*ABSOLUTE, "delta_T")) or "thermometer" in key:  # of temperatures T
            return ROUNDING * max(self.T, self.delta_T)
        if key.endswith("_K"):
            return ROUNDING * self.delta_T
        return STORED if key in ONE else 0.0
