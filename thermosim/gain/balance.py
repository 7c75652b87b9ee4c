"""Emission in detailed balance with the absorption of the dots, whatever that is."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from thermosim.gain.absorption import Absorption, FermiEdge, Tail
from thermosim.gain.emission import Emission, VanRoosbroeckEmission

Array = NDArray[np.float64]


class DetailedBalanceEmission(Emission):
    """Emission in detailed balance with the absorption edge of the model itself.

    <E_PL>(T) and E_U(T) then belong together; of an Urbach tail the edge lies at E_0. It asks for
    kT above 1.05 E_U, which ``E_U_model = "einstein"`` keeps down to lower temperatures.
    """

    kind: Literal["detailed_balance"] = "detailed_balance"

    def with_absorption(self, absorption: Absorption) -> Emission:
        """Return the emission in balance with an exponential or saturating edge.

        Raises
        ------
        ValueError
            If the absorption is a table, which tells too little above and far below its edge.
        """
        if not isinstance(absorption, Tail):
            raise ValueError(
                'emission.kind = "detailed_balance" needs absorption.kind = "urbach" or '
                f'"fermi_edge", not "{absorption.kind}"; give the edge: kind = "van_roosbroeck"'
            )
        names = ("E_U", "E_U_model", "phonon_temperature")
        own = {name: getattr(absorption, name) for name in names}
        return VanRoosbroeckEmission(edge=FermiEdge(E_1=absorption.gap(), **own))

    def mean_at(self, *given: Any, **named: Any) -> Array:
        """Raise: what it is in balance with is not known; see `with_absorption`."""
        raise TypeError("take with_absorption(...) first")

    def spectrum(self, *given: Any, **named: Any) -> Array:
        """Raise, as `mean_at`."""
        return self.mean_at(*given, **named)
