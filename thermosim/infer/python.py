"""Claims and fits in one call each, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, Problem
from thermosim.infer.claim import judge
from thermosim.infer.fit.data import Asked
from thermosim.infer.fit.file import Task, model_of, read_fit
from thermosim.infer.fit.parameters import Wishes
from thermosim.infer.fit.posterior import walk_of
from thermosim.infer.fit.result import Fit
from thermosim.infer.fit.result import fit as fitted
from thermosim.infer.fit.shown import shown
from thermosim.language.notebook import table_html
from thermosim.language.units import parse_quantity
from thermosim.visual.claim_words import required_rows, sentence

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase

_MEASURES = {"axis", "noise", "unit", "window", "channel", "response", "excitons", "column"}


@dataclass(frozen=True, repr=False)
class Claim:
    """The verdict on a claimed ΔT (docs/claim.md).

    Attributes
    ----------
    case : what was cooled
    document : every number, SI units, as ``thermosim claim --json`` prints them
    """

    case: AnyCase
    document: dict[str, Any]

    @property
    def verdict(self) -> str:
        """``possible``, ``conditional`` or ``impossible``."""
        return str(self.document["verdict"])

    @property
    def sentence(self) -> str:
        """The verdict and its reason in words."""
        return str(self.document["sentence"])

    def save(self, page: str | Path) -> Path:
        """Write the page for referees (HTML, one file) and return its path."""
        from thermosim.visual.claim_page import claim_page
        from thermosim.visual.style import write_bytes

        write_bytes(Path(page), claim_page(self.document, self.case.to_toml()).encode())
        return Path(page)

    def __repr__(self) -> str:
        return f"Claim({self.verdict}: {self.sentence})"

    def _repr_html_(self) -> str:
        rows = [
            (name, f"{needed} (case: {now}; {away})")
            for name, now, needed, away, _ in required_rows(self.document["required"])
        ]
        return table_html(self.case.title or "Untitled case", self.sentence, rows)


@dataclass(frozen=True, repr=False)
class DataFit(Fit):
    """A fit that shows itself: ``.value(name)``, ``.estimates``, ``.warnings``, ``.plot()``."""

    def _headline(self) -> str:
        names = " + ".join(dict.fromkeys(m.name for m in self.joint.models))
        return f"{names}: reduced chi² {self.chi2_reduced:.3g}, {self.freedom} degrees of freedom"

    def __repr__(self) -> str:
        return f"DataFit({self._headline()}; {', '.join(self.free)})"

    def _repr_html_(self) -> str:
        rows = [
            (row["name"], f"{row['value']}   95 %: {row['95']}" if row["95"] else
             f"{row['value']} (held)") for row in map(shown, self.estimates)
        ]  # fmt: skip
        told = [" and ".join(one["parameters"]) + f": {one['why']}" for one in self.degenerate]
        if told:
            rows.append(("cannot be told apart", "\n".join(told)))
        return table_html("Fit", self._headline(), rows)

    def plot(self) -> Any:
        """Return data, model and residuals as a matplotlib figure."""
        from thermosim.infer.fit.page import draw_fit

        return draw_fit(self)

    def plot_posterior(self) -> Any:
        """Return the posterior of each parameter and each pair as a matplotlib figure.

        Raises
        ------
        CaseError
            If it was not asked for.
        """
        from thermosim.infer.fit.corner import draw_posterior

        if self.posterior is None:
            rule = "was not sampled"
            raise CaseError([Problem("posterior", "", rule, "fit with posterior=True")])
        return draw_posterior(self)


def claim(
    case: AnyCase, delta_T: float | str, after: float | str | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Claim:  # fmt: skip
    """Judge a claimed ΔT: whether it is possible, and what each number would have to be.

    Parameters
    ----------
    case
        What was cooled, and how.
    delta_T
        The claim: [K], below zero, or text such as ``"-9 K"``.
    after
        When it was seen after light on: [s], or text such as ``"10 min"``.
    tell
        Called with what is being computed.

    Raises
    ------
    CaseError
        If it is no claim of cooling, or the case has no light or no particle.
    """
    claimed = _number("delta_T", delta_T, "delta_degC", "-9 K")
    time = None if after is None else _number("after", after, "s", "10 min")
    if time is not None and time <= 0.0:
        raise CaseError([Problem("after", f"{after}", "must be a time above zero")])
    favourable: Any = case.with_({"assumptions": "favourable"})
    found = judge(case, favourable, claimed, time, tell)
    return Claim(case, {"verdict": found["verdict"], "sentence": sentence(found), **found})


def fit(
    data: str | Path | Sequence[str | Path], model: str | None = None,
    case: str | Path | None = None, *, fix: Mapping[str, Any] | None = None,
    start: Mapping[str, Any] | None = None, prior: Mapping[str, str] | None = None,
    free: Sequence[str] = (), inflate: bool = False, posterior: bool = False,
    seed: int | None = None, steps: int | None = None, **measured: Any,
) -> DataFit:  # fmt: skip
    """Fit measured data: parameters with their intervals, and what cannot be told apart.

    Parameters
    ----------
    data
        Files of measured data, or one TOML file with ``[fit]`` (docs/fit.md).
    model
        ``trpl``, ``efficiency``, ``excitation``, ``cooling`` or ``litmos``; none for a TOML file.
    case
        Case file: dots, light, escape, body.
    fix, start, prior
        By name of a parameter, text with a unit: ``{"tau_X": "29 ns"}``; of a prior also its
        standard deviation: ``{"tau_X": "29 +- 1 ns"}``.
    free
        Parameters that are fitted though they are held by default.
    inflate
        Widen ± where the model is not that of the data, in place of refusing a number.
    posterior
        Sample the posterior, too: ``.posterior`` holds samples, intervals and modes.
    seed, steps
        Of the dice of the posterior; most steps of each walker.
    measured
        What the files do not say: ``axis``, ``column``, ``unit``, ``window``, ``noise``,
        ``response``, ``excitons``, ``channel``.

    Raises
    ------
    CaseError
        If data or options cannot be read, or the data refuse the model.
    """
    files = [Path(data)] if isinstance(data, str | Path) else [Path(one) for one in data]
    unknown = sorted(set(measured) - _MEASURES)
    if unknown:
        rule = f"is no option of a fit; they are {', '.join(sorted(_MEASURES))}"
        raise CaseError([Problem(name, "", rule) for name in unknown])
    if model is None:
        if len(files) != 1 or files[0].suffix != ".toml":
            raise CaseError([Problem("model", "", "is needed where data is no TOML file of a fit")])
        task = read_fit(files[0])
    else:
        asked = _asked(measured)
        models = [model_of(model, files, asked, None if case is None else Path(case))]
        wishes = Wishes(_texts(fix), free, _texts(start), _texts(prior))
        task = Task(models, wishes, inflate)
    walk = walk_of(task.walk, seed, steps, posterior=posterior)
    return DataFit(**vars(fitted(task.models, task.wishes, inflate=task.inflate, walk=walk)))


def _asked(measured: Mapping[str, Any]) -> Asked:
    from thermosim.language.tables import Reading

    rest = {name: value for name, value in measured.items() if name != "axis"}
    return Asked(Reading(axis=measured.get("axis", "")), **rest)


def _texts(given: Mapping[str, Any] | None) -> list[str]:
    return [f"{name}={value}" for name, value in (given or {}).items()]


def _number(name: str, value: float | str, unit: str, example: str) -> float:
    if not isinstance(value, str):
        return float(value)
    try:
        return parse_quantity(value, unit)
    except ValueError as error:
        rule = f'must be a number with its unit, such as "{example}"'
        raise CaseError([Problem(name, f'"{value}"', rule)]) from error
