"""Arithmetic on a heat budget: what is released, what leaves, and whether the two agree."""

from __future__ import annotations

NEAR_FIELD = "near_field"
BETWEEN_BODIES = ("exchange", "gap", NEAR_FIELD)
"""Paths of surfaces to other surfaces of the model; each sums to zero over all boundaries."""
STORED, EMISSION = "stored", "emission"

Budget = dict[str, float]
"""Heat [W] by name: ``source:REGION`` released, ``source:REGION:emission`` by absorbed emission;
``BOUNDARY:PATH`` and ``BOUNDARY:held`` leaving; ``REGION:stored`` what a transient stores per
time."""


def released(budget: Budget) -> float:
    """Return the heat that all sources release [W]."""
    return sum(value for name, value in budget.items() if name.startswith("source:"))


def leaving(budget: Budget, boundaries: tuple[str, ...] | None = None) -> float:
    """Return the heat that leaves [W], through the named boundaries or all of them."""
    return sum(
        value
        for name, value in budget.items()
        if not name.startswith("source:")
        and (boundaries is None or name.partition(":")[0] in boundaries)
    )


def to_chamber(budget: Budget, boundary: str) -> float:
    """Return the heat that leaves a boundary other than to another body [W]."""
    return leaving(budget, (boundary,)) - sum(
        budget.get(f"{boundary}:{path}", 0.0) for path in BETWEEN_BODIES
    )


def stored_part(budget: Budget) -> Budget:
    """Return the entries of heat that is stored."""
    return {name: value for name, value in budget.items() if name.endswith(f":{STORED}")}


def flows_part(budget: Budget) -> Budget:
    """Return the entries of heat that is released or leaves."""
    return {name: value for name, value in budget.items() if not name.endswith(f":{STORED}")}


def balance_error(budget: Budget) -> float:
    """Return |released - leaving| over the larger of the heat released and the heat exchanged."""
    turned_over = sum(abs(value) for name, value in budget.items() if "source:" not in name) / 2
    scale = max(abs(released(budget)), turned_over)
    return abs(released(budget) - leaving(budget)) / scale if scale else 0.0


def share_stored(budget: Budget) -> float:
    """Return the heat stored per time, over the most that is exchanged (0: steady; 0 to 1)."""
    kept = sum(map(abs, stored_part(budget).values()))
    turned = sum(map(abs, budget.values())) / 2
    return min(kept / turned, 1.0) if turned else 0.0
