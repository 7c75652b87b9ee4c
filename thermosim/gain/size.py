"""What follows from the diameter of a CsPbBr3 dot: gap, cross-section, lifetimes, efficiencies.

Values at 300 K, with source, range and uncertainty; a measured value of the section takes the
place of any of them.

- Edge of the bulk crystal 2.366 eV, absorption above it 4.58e6 1/m: from k(532 nm) = 0.0169 and
  k(500 nm) = 0.182 of a melt-grown crystal and E_U = 15.5 meV. Brennan et al., MRS Commun. (2024),
  10.1557/s43579-024-00576-x. The edge is uncertain by 10 meV; the absorption is 4.0e6 to 6.8e6
  1/m, flat there but for the exciton. Absorption grows as the volume: Maes et al., J. Phys. Chem.
  Lett. 9, 3093 (2018), 10.1021/acs.jpclett.8b01065, 4 to 11 nm.
- Reduced mass 0.126(10) m_0, binding energy 33(1) meV, permittivity 7.3: Yang et al., ACS Energy
  Lett. 2, 1621 (2017), 10.1021/acsenergylett.7b00288 (at 2 K). Another measurement gives 0.18 m_0
  and 8.7 (arXiv:2307.07035), which lowers the confinement by a third. Electron and hole are taken
  as equal.
- Auger recombination is slower in proportion to the volume up to the Bohr diameter and less than
  so beyond: Castañeda et al., ACS Nano 10, 8603 (2016), 10.1021/acsnano.6b03908. Bohr diameter
  7 nm: Protesescu et al., Nano Lett. 15, 3692 (2015), 10.1021/nl5048779. The exponent beyond, 0.5,
  is an estimate (0.3 to 1); the rates are those of arXiv:2406.10641 (0.5 ns, 3.0 ns) at the
  diameter of which the edge is that of its dots, 2.400 eV. Above 20 nm biexcitons of up to 80 % are
  reported: eLight 3 (2023), 10.1186/s43593-023-00045-3; give ``eta_BX`` there.
- Radiative lifetime 36.25 ns (29 ns at 80 %, arXiv:2406.10641) at every size: its dependence on
  size is not monotonic (Nat. Commun. 2025, 10.1038/s41467-025-60848-5), and no law of it was found.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field
from scipy.constants import e, epsilon_0, hbar, m_e, nano, pi

from thermosim.gain.absorption import (
    PUMP_ENERGY,
    URBACH_ENERGY,
    FermiEdge,
    GivenCrossSection,
    dot_cross_section,
)
from thermosim.gain.balance import DetailedBalanceEmission
from thermosim.gain.efficiency import radiative_lifetime, radiative_scaling
from thermosim.gain.emission import PAPER_MEAN_EMISSION, GivenEmission
from thermosim.gain.recombination import GivenEfficiencies, TrionBiexciton
from thermosim.language.sections import Section
from thermosim.language.units import (
    AbsorptionCoefficient,
    Area,
    Energy,
    Fraction,
    Length,
    PhotonEnergy,
    Positive,
    Time,
)

BULK_EDGE = 2.366 * e
REDUCED_MASS = 0.126 * m_e
BINDING_ENERGY = 0.033 * e
PERMITTIVITY = 7.3
BOHR_DIAMETER = 7.0 * nano
PAPER_EDGE = 2.400 * e
RADIATIVE_LIFETIME = float(radiative_lifetime(29e-9, 0.8))
PAPER_LIFETIMES = {"T": 3.0e-9, "BX": 0.5e-9}
SMALLEST, LARGEST = 4.0 * nano, 30.0 * nano
_DEAD_LAYER = 0.73  # of equal masses, in Bohr radii: Kayanuma 1988


def confinement_energy(diameter: Any) -> Any:
    """Return how far the exciton of a sphere of ``diameter`` [m] lies above that of the bulk [J].

    The smaller of strong confinement, ``hbar² pi²/(2 mu R²) - 1.786 e²/(4 pi eps R) - 0.248 Ry +
    Ry``, and weak confinement, ``hbar² pi²/(2 M (R - 0.73 a)²)``, which cross at R of 2.1 Bohr
    radii a. Kayanuma, Phys. Rev. B 38, 9797 (1988), 10.1103/PhysRevB.38.9797. Two thirds to one
    and a half of it are possible with the masses that are published.
    """
    R = 0.5 * np.asarray(diameter, dtype=np.float64)
    a = _bohr_radius()
    coulomb = e**2 / (4.0 * pi * epsilon_0 * PERMITTIVITY)
    strong = (
        (hbar * pi) ** 2 / (2.0 * REDUCED_MASS * R**2)
        - 1.786 * coulomb / R
        + (1.0 - 0.248) * BINDING_ENERGY
    )
    inner = np.maximum(R - _DEAD_LAYER * a, 1e-3 * a)
    weak = (hbar * pi) ** 2 / (2.0 * 4.0 * REDUCED_MASS * inner**2)
    return np.asarray(np.minimum(strong, weak))


def _bohr_radius() -> float:
    """Return ``4 pi eps hbar²/(mu e²)`` of the exciton [m]."""
    return float(4.0 * pi * epsilon_0 * PERMITTIVITY * hbar**2 / (REDUCED_MASS * e**2))


def auger_slowing(diameter: Any, exponent: float) -> Any:
    """Return how much slower Auger recombination is than at the Bohr diameter.

    ``V/V_B`` below, ``(V/V_B)^exponent`` above. Castañeda 2016, 10.1021/acsnano.6b03908.
    """
    ratio = (np.asarray(diameter, dtype=np.float64) / BOHR_DIAMETER) ** 3
    return np.where(ratio < 1.0, ratio, ratio**exponent)


@functools.cache
def paper_diameter() -> float:
    """Return the diameter [m] at which the edge is that of the paper's dots: 2.400 eV."""
    from scipy.optimize import brentq

    def off(d: float) -> float:
        above: float = confinement_energy(d) - (PAPER_EDGE - BULK_EDGE)
        return above

    found: float = brentq(off, 6e-9, 40e-9, xtol=1e-24, rtol=1e-14)
    return found


class DotSize(Section):
    """Dots from their diameter; what is given besides was measured and is taken as it is.

    Sections of ``[gain]`` that are given (absorption, emission, cross_section, recombination) also
    take the place of what follows from the diameter.
    """

    diameter: Annotated[Positive[Length], Field(ge=SMALLEST, le=LARGEST)] = Field(
        description="Diameter of a sphere of the volume of a dot"
    )
    n_dot: Positive[float] = Field(2.292, description="Refractive index of the dots")
    n_host: Positive[float] = Field(1.69, description="Refractive index of the host")
    alpha_edge: Positive[AbsorptionCoefficient] = Field(
        4.58e6, description="Absorption of the bulk just above its edge"
    )
    auger_exponent: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="Growth of Auger lifetimes with the volume above the Bohr diameter"
    )
    E_U: Positive[Energy] = Field(URBACH_ENERGY, description="Urbach energy")
    E_U_model: Literal["constant", "einstein"] = Field(
        "constant", description='"einstein": E_U follows the occupation of one phonon of 200 K'
    )
    emission: Literal["given", "detailed_balance"] = Field(
        "given", description="<E_PL> of the paper moved with the edge, or in balance with it"
    )
    gap: PhotonEnergy | None = Field(None, description="Energy of the edge, measured")
    sigma_abs: Positive[Area] | None = Field(None, description="Cross-section at 2.33 eV, measured")
    tau_X: Positive[Time] = Field(29e-9, description="Lifetime of the exciton")
    tau_T: Positive[Time] | None = Field(None, description="Lifetime of the trion, measured")
    tau_BX: Positive[Time] | None = Field(None, description="Lifetime of the biexciton, measured")
    eta_X: Fraction = Field(1.0, description="Efficiency of the exciton")
    eta_T: Fraction | None = Field(None, description="Efficiency of the trion, measured")
    eta_BX: Fraction | None = Field(None, description="Efficiency of the biexciton, measured")

    def edge(self, diameter: float | None = None) -> float:
        """Return the energy of the edge [J]; a measured one moves as the sizing curve does."""
        own = self.diameter if diameter is None else diameter
        moved = float(confinement_energy(own) - confinement_energy(self.diameter))
        gap = self.gap or BULK_EDGE + float(confinement_energy(self.diameter))
        return gap + moved

    def cross_section(self) -> GivenCrossSection:
        """Return the cross-section of a dot at 2.33 eV: bulk, local field, tail of the edge."""
        sigma = self.sigma_abs
        if sigma is None:
            plateau = dot_cross_section(self.alpha_edge, self.diameter, self.n_dot, self.n_host)
            tail = FermiEdge(E_1=self.edge(), E_U=self.E_U).log_shape(PUMP_ENERGY, 300.0, 300.0)
            sigma = float(plateau * np.exp(tail))
        return GivenCrossSection(sigma_abs=sigma, photon_energy=PUMP_ENERGY)

    def recombination(self, diameter: float | None = None) -> TrionBiexciton:
        """Return lifetimes and efficiencies; measured ones scale with the Auger law in a spread."""
        own = self.diameter if diameter is None else diameter
        known = {"T": (self.tau_T, self.eta_T), "BX": (self.tau_BX, self.eta_BX)}
        tau, eta = {}, {}
        for name, (lifetime, efficiency) in known.items():
            tau[name], eta[name] = self._state(name, own, lifetime)
            if efficiency is not None:
                eta[name] = efficiency
        return TrionBiexciton(
            tau_X=self.tau_X,
            tau_T=tau["T"],
            tau_BX=tau["BX"],
            eta_X=self.eta_X,
            multi=GivenEfficiencies(eta_T=eta["T"], eta_BX=eta["BX"]),
        )

    def _state(self, name: str, diameter: float, lifetime: float | None) -> tuple[float, float]:
        """Return lifetime [s] and efficiency of trion or biexciton at a diameter [m]."""
        charged, excitons = (1, 1) if name == "T" else (0, 2)
        per_time = radiative_scaling(excitons, charged) / RADIATIVE_LIFETIME
        at = paper_diameter() if lifetime is None else self.diameter
        total = PAPER_LIFETIMES[name] if lifetime is None else lifetime
        auger = max(1.0 / total - per_time, 0.0)
        slower = auger_slowing(diameter, self.auger_exponent) / auger_slowing(
            at, self.auger_exponent
        )
        rate = per_time + auger / float(slower)
        return 1.0 / rate, per_time / rate

    def at(self, diameter: float) -> Self:
        """Return the dots at another diameter [m]; what was measured moves as the laws do."""
        update: dict[str, Any] = {"diameter": diameter}
        decays = self.recombination(diameter)
        known = {
            "gap": self.edge(diameter), "tau_T": decays.tau_T, "tau_BX": decays.tau_BX,
        }  # fmt: skip
        update |= {name: value for name, value in known.items() if getattr(self, name) is not None}
        if self.sigma_abs is not None:
            free = self.model_copy(update={"sigma_abs": None})
            moved = free.model_copy(update={"diameter": diameter, "gap": self.edge(diameter)})
            ratio = moved.cross_section().sigma_abs / free.cross_section().sigma_abs
            update["sigma_abs"] = self.sigma_abs * ratio
        return self.model_copy(update=update)

    def sections(self) -> dict[str, Any]:
        """Return the sections of ``[gain]`` that follow, by name."""
        edge = FermiEdge(E_1=self.edge(), E_U=self.E_U, E_U_model=self.E_U_model)
        mean = PAPER_MEAN_EMISSION + self.edge() - PAPER_EDGE
        balanced = self.emission == "detailed_balance"
        given = GivenEmission(mean_emission=mean, edge=edge)
        return {
            "absorption": edge,
            "emission": DetailedBalanceEmission() if balanced else given,
            "cross_section": self.cross_section(),
            "recombination": self.recombination(),
        }
