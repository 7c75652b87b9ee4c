"""The ladder: from the most favourable limit to the particle as it is, one assumption at a time.

Each rung replaces one assumption of the rung before by what is known better, and computes ΔT anew.
The rungs are those of docs/ladder.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from thermosim.bodies.contact import NoContact
from thermosim.bodies.substrates import NoSubstrate
from thermosim.case.settings import OutputSettings
from thermosim.errors import CaseError, SolveError
from thermosim.gain.escape.given import NoEscape
from thermosim.gain.escape.methods import AutoEscape
from thermosim.gain.recombination import MEASURED_EFFICIENCY, TrionBiexciton
from thermosim.model.model import TRIAL_EXTINCTION
from thermosim.model.of_case import model_of
from thermosim.optics.model import AutoOptics, FullWaveOptics, UniformOptics

if TYPE_CHECKING:
    from thermosim.case.particle_case import Case
    from thermosim.case.read import AnyCase
    from thermosim.gain import GainModel


class Found(Protocol):
    """What a run gives: numbers by name."""

    summary: dict[str, Any]


@dataclass(frozen=True)
class Rung:
    """One step: its name, what is assumed from here on, and the mean ΔT [K] with it.

    `delta_T_mean_K` is None where no steady state was found; `message` says why.
    """

    name: str
    words: str
    delta_T_mean_K: float | None
    message: str = ""


@dataclass(frozen=True)
class Ladder:
    """All rungs, the ΔT of the case as it stands [K], and the rung that decides."""

    rungs: tuple[Rung, ...]
    as_written_K: float | None

    @property
    def decides(self) -> Rung | None:
        """The rung that first turns cooling into heating, or else changes ΔT most."""
        found = [rung for rung in self.rungs if rung.delta_T_mean_K is not None]
        pairs = list(itertools.pairwise(found))
        for before, after in pairs:
            if _of(before) < 0.0 <= _of(after):
                return after
        most = max(pairs, key=_change, default=None)
        return most[1] if most and _change(most) > 0.0 else None

    def document(self) -> dict[str, Any]:
        """Return the ladder as JSON holds it."""
        decides = self.decides
        return {
            "steps": [
                {
                    "name": rung.name,
                    "words": rung.words,
                    "delta_T_mean_K": rung.delta_T_mean_K,
                    **({"message": rung.message} if rung.message else {}),
                }
                for rung in self.rungs
            ],
            "as_written_delta_T_mean_K": self.as_written_K,
            "decides": None if decides is None else decides.name,
        }


def _of(rung: Rung) -> float:
    assert rung.delta_T_mean_K is not None
    return rung.delta_T_mean_K


def _change(pair: tuple[Rung, Rung]) -> float:
    return abs(_of(pair[1]) - _of(pair[0]))


def ladder(
    case: AnyCase, run: Callable[[Any], Found], tell: Callable[[str], None] = lambda text: None
) -> Ladder:
    """Climb down from the favourable limit of a case to the particle as it is (steady states).

    Raises
    ------
    CaseError
        If there is no light in the case, or no particle.
    """
    if model_of(case).lump is None:
        raise CaseError("the ladder is of a particle: this case is about a body ([geometry])")
    if case.laser is None:
        raise CaseError("the ladder is about light: this case has no [laser]")
    rungs = []
    particle: Any = case
    for name, words, variant in variants(particle):
        tell(name)
        try:
            found = run(variant).summary
            rungs.append(Rung(name, words.format(**found), found["delta_T_mean_K"]))
        except SolveError as error:
            rungs.append(Rung(name, words, None, str(error)))
    tell("as written")
    try:
        written: float | None = run(_plain(particle)).summary["delta_T_mean_K"]
    except SolveError:
        written = None
    return Ladder(tuple(rungs), written)


def variants(case: Case) -> Iterator[tuple[str, str, Case]]:
    """Yield name, words and case of each rung, each on top of the one before."""
    now = favourable(case)
    yield "favourable limit", "even light, no losses, black body, no contact", now
    own = case.optics
    optics = AutoOptics(**_common(own)) if isinstance(own, UniformOptics) else own
    by_wave = isinstance(optics, FullWaveOptics) and optics.escape_in_gain
    all_leaves = optics.model_copy(update={"escape_in_gain": False}) if by_wave else optics
    now = _with(now, optics=all_leaves)
    yield "real light", 'refraction and hot spots (optics.model = "{optics_model}")', now
    escape = AutoEscape() if isinstance(case.gain.escape, NoEscape) else case.gain.escape
    now = _with(now, gain=now.gain.model_copy(update={"escape": escape}), optics=optics)
    key = "optics.escape_in_gain" if by_wave else f'gain.escape = "{escape.kind}"'
    yield "escape", f"emission that has to get out ({key})", now
    gain, words = _measured(case.gain)
    now = _with(now, gain=gain.model_copy(update={"escape": escape}))
    yield "efficiency", words, now
    if case.material(case.particle.material).infrared is not None:
        particle = now.particle.model_copy(update={"emissivity": "small_body"})
        now = _with(now, particle=particle)
        yield "emissivity", "what a body this small radiates (Planck-averaged Mie)", now
    if not isinstance(case.contact, NoContact):
        now = _with(
            now, substrate=case.substrate, contact=case.contact, chamber=case.chamber,
            radiation=case.radiation.model_copy(update={"near_field": False}), films=case.films,
        )  # fmt: skip
        yield "contact", "the substrate, its contact, and the light that it takes", now
        yield from _near(case, now)
        yield from _tinted(case, now)


def favourable(case: Case) -> Case:
    """Return the case with every assumption as favourable to cooling as can be."""
    alone = case.chamber.model_copy(update={"pressure": 0.0})
    return _with(
        even_light(_plain(case)),
        particle=case.particle.model_copy(update={"emissivity": 1.0}),
        substrate=NoSubstrate(), contact=NoContact(), films=(), chamber=alone,
    )  # fmt: skip


def even_light(case: Case) -> Case:
    """Return the case with even light and dots that lose no excitation; its heat flow is kept."""
    return _with(case, optics=UniformOptics(**_common(case.optics)), gain=_ideal(case.gain))


def _plain(case: Case) -> Case:
    """Return the steady case with what a ladder does not need left out."""
    return _with(
        case, transient=None, probes=(), output=OutputSettings(fields=False, pictures=False,
                                                               thermometer=False),
        solver=case.solver.model_copy(update={"error_estimate": False}),
        mesh=case.mesh.model_copy(update={"target_error": None}),
    )  # fmt: skip


def _with(case: Case, **sections: Any) -> Case:
    return case.model_copy(update=sections)


def _common(optics: Any) -> dict[str, Any]:
    return dict(optics.model_dump(include={"refractive_index", "host_absorption"}))


def _ideal(gain: GainModel) -> GainModel:
    """Return the dots without losses at weak light: all bright, alone, every exciton a photon."""
    changes: dict[str, Any] = {
        "escape": NoEscape(),
        "dark_fraction": 0.0,
        "alpha_background": 0.0,
        "ensemble": None,
        "quenching": None,
        "thermal": None,
    }
    if isinstance(gain.recombination, TrionBiexciton):
        best = {"eta_X": 1.0, "A": 0.0, "C": 0.0}
        changes["recombination"] = gain.recombination.model_copy(update=best)
    return gain.model_copy(update=changes)


def _measured(gain: GainModel) -> tuple[GainModel, str]:
    """Return the dots of the case, or with the measured efficiency where it names no loss."""
    ideal = _ideal(gain).model_copy(update={"escape": gain.escape})
    if gain != ideal or not isinstance(gain.recombination, TrionBiexciton):
        return gain, "efficiencies, dark dots and background of the case"
    real = gain.recombination.model_copy(update={"eta_X": MEASURED_EFFICIENCY})
    words = f"eta_X = {MEASURED_EFFICIENCY}, the only one measured (the case assumes 1)"
    return gain.model_copy(update={"recombination": real}), words


def _near(case: Case, now: Case) -> Iterator[tuple[str, str, Case]]:
    """Yield the rung of near-field radiation, where both materials have infrared constants."""
    names = (case.particle.material, case.substrate.parts()[0].material)
    if all(case.material(name).infrared is not None for name in names):
        radiation = now.radiation.model_copy(update={"near_field": True})
        words = f"across the gap of {radiation.gap * 1e9:g} nm beside the contact"
        yield "near field", words, _with(now, radiation=radiation)


def _tinted(case: Case, now: Case) -> Iterator[tuple[str, str, Case]]:
    """Yield the rung of a substrate that absorbs a little, where its extinction is not known."""
    part = case.substrate.parts()[0]
    material = case.material(part.material)
    table, laser = material.refractive_index, case.laser
    if table is None or table.k or laser is None or laser.profile == "plane":
        return
    tinted = table.model_copy(update={"k": (TRIAL_EXTINCTION,) * len(table.wavelengths)})
    materials = case.materials | {
        part.material: material.model_copy(update={"refractive_index": tinted})
    }
    words = f"extinction of {part.material} {TRIAL_EXTINCTION:g}: not measured, tried"
    yield "substrate in the light", words, _with(now, materials=materials)
