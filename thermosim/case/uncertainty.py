"""What of a case is not known, and how its effect is found: the section ``[uncertainty]``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from thermosim.language.sections import Section


class UncertainNumber(Section):
    """How well one number of the case is known; one of the first three, or low and high."""

    relative: Annotated[float, Field(gt=0, lt=10)] | None = Field(
        default=None, description="One standard deviation over the value"
    )
    sigma: str | None = Field(default=None, description='One standard deviation, as "0.5 meV"')
    factor: Annotated[float, Field(gt=1)] | None = Field(
        default=None, description="f: the true value lies between value/f and value·f (one sigma)"
    )
    low: str | float | None = Field(default=None, description="Lowest value, with its unit")
    high: str | float | None = Field(default=None, description="Highest value, with its unit")
    shape: Literal["normal", "lognormal", "uniform"] | None = Field(
        default=None,
        description="Of the distribution; by default lognormal for a factor, uniform between low "
        "and high, normal otherwise",
    )
    kind: Literal["measured", "estimate"] = Field(
        default="estimate", description="Whether somebody measured it"
    )
    source: str = Field(default="", description="Where it comes from: a reference or a DOI")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        spreads = [v for v in (self.relative, self.sigma, self.factor) if v is not None]
        bounds = [v for v in (self.low, self.high) if v is not None]
        if len(spreads) > 1 or (not spreads and len(bounds) != 2):
            raise ValueError("give one of relative, sigma, factor; or low and high")
        return self


class UncertaintySettings(Section):
    """How far ΔT hangs on numbers that are not known exactly."""

    method: Literal["auto", "linear", "sobol", "none"] = Field(
        default="auto",
        description="linear: derivatives by one adjoint solve (transients: by runs of their own); "
        "sobol: samples of all numbers, each a run; auto: linear, but for transients whose file "
        "names no parameters",
    )
    samples: Annotated[int, Field(ge=16, le=1_000_000)] = Field(
        default=256, description="sobol: how many runs, a power of two"
    )
    parameters: dict[str, UncertainNumber] = Field(
        default_factory=dict,
        description="Numbers of this case by their path in the file, such as "
        '"particle.shape.radius"; they replace what the package knows of them',
    )

    @property
    def asked(self) -> bool:
        """Whether the file asks for it, where it is not a matter of course."""
        return self.method in ("linear", "sobol") or (
            self.method == "auto" and bool(self.parameters)
        )

    @model_validator(mode="after")
    def _power_of_two(self) -> Self:
        if self.samples & (self.samples - 1):
            raise ValueError(f"samples = {self.samples} must be a power of two")
        return self
