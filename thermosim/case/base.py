"""What every kind of case file has in common: sections, a digest, and a way back to TOML."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from thermosim.bodies.geometry import unknown_names
from thermosim.case.assumptions import Assumptions, filled
from thermosim.case.changed import changed
from thermosim.case.settings import OutputSettings, SolverSettings
from thermosim.case.uncertainty import UncertaintySettings
from thermosim.errors import CaseError, Problem
from thermosim.language.sections import Section
from thermosim.materials import Material, load_material
from thermosim.materials.optical import index_of_laser
from thermosim.schedule.settings import NamedProbe, Probe, TransientSettings

if TYPE_CHECKING:
    from thermosim.optics.beam import Laser
    from thermosim.optics.model import OpticsModel

Title = Annotated[str, Field(description="What question this case answers")]
OwnMaterials = Annotated[
    dict[str, Material],
    Field(description="Materials of this case by name, before the library's"),
]
InTime = Annotated[
    TransientSettings | None,
    Field(description="Follow the temperature in time; the steady state otherwise"),
]


Probes = Annotated[
    tuple[NamedProbe, ...], Field(description="Where temperatures are asked for, [[probes]]")
]


class CaseBase(Section):
    """A whole case file, validated and resolved."""

    if TYPE_CHECKING:  # each kind of case has them at their own places among its sections
        assumptions: Assumptions
        materials: OwnMaterials
        transient: InTime
        uncertainty: UncertaintySettings
        gain: Any
        laser: Any
        mesh: Any
        solver: SolverSettings
        output: OutputSettings
        title: str

    @model_validator(mode="before")
    @classmethod
    def _assume(cls, data: Any) -> Any:
        return filled(data, cls.model_fields["gain"].default)

    def target_problems(self) -> Iterator[Problem]:
        """Yield what keeps ``mesh.target_error`` from being met."""
        yield from self._ageing_problems()
        target = self.mesh.target_error
        if target is None:
            return
        if self.transient is not None:
            rule = "is for steady states: a transient keeps one mesh"
            remedy = "remove it, or find the mesh settings with the steady case"
            yield Problem("mesh.target_error", f"{target:g}", rule, remedy)
        if not self.solver.error_estimate:
            rule, remedy = "needs the error estimate", "remove solver.error_estimate = false"
            yield Problem("mesh.target_error", f"{target:g}", rule, remedy)

    def _ageing_problems(self) -> Iterator[Problem]:
        """Yield that dots age and nothing follows them in time, or that it is to become steady."""
        if self.laser is None or self.gain is None or not self.gain.ageing:
            return
        if self.transient is None:
            rule = "is for transients: in a steady state dots are fresh"
            yield Problem("gain.ageing", "", rule, "add a section [transient], or remove it")
        elif self.transient.stop_when_steady is not None:
            rule = "has no meaning where dots age: the state to come is not that of fresh dots"
            yield Problem("transient.stop_when_steady", "", rule, "remove it")

    def all_probes(self, probes: Sequence[NamedProbe]) -> dict[str, Probe]:
        """Return the probes of [[probes]] and of [transient.probes] by name.

        Raises
        ------
        CaseError
            If a name stands in both.
        """
        found: dict[str, Probe] = {probe.name: probe for probe in probes}
        for name, probe in (self.transient.probes if self.transient else {}).items():
            if name in found:
                raise CaseError(f'probe "{name}" stands in [[probes]] and in [transient.probes]')
            found[name] = probe
        return found

    def probe_problems(
        self, probes: Sequence[NamedProbe], regions: Collection[str]
    ) -> Iterator[Problem]:
        """Yield names that stand twice, and regions of probes that are not there."""
        names = [probe.name for probe in probes]
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield Problem("probes", f'"{name}"', "stands twice", "give each probe its own name")
        for probe in probes:
            if probe.region is not None:
                path = f"probes.{probe.name}.region"
                given = [probe.region]
                yield from unknown_names(given, regions, "region", path, as_value=True)

    def thermometer_problems(self, *, lit: bool) -> Iterator[Problem]:
        """Yield that a thermometer is asked for where nothing emits."""
        if self.output.thermometer and not lit:
            rule = "but there is no light, so nothing emits"
            yield Problem("output.thermometer", "true", rule, "add a section [laser], or remove it")

    def digest(self) -> str:
        """Return a hash of the resolved parameters, and of the content of files they name."""
        text = json.dumps(self.model_dump(), sort_keys=True, default=_content)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def material(self, name: str, path: str = "material") -> Material:
        """Return a material of this case, or else of the library; `path` is for the message.

        Raises
        ------
        CaseError
            If neither knows the name.
        """
        return load_material(name, self.materials, path)

    def index_in_light(self, name: str, optics: OpticsModel, laser: Laser) -> float:
        """Return the real refractive index of a lit body of a material, its dots mixed in.

        Not a number where nobody knows it.

        Raises
        ------
        CaseError
            If the wavelength is outside a table, or a material is not known.
        """
        own = index_of_laser(self.material(name).refractive_index, laser.wavelength, name)
        if optics.dots is None:
            return optics.index(own)
        inside = optics.dots.material
        table = self.material(inside, "optics.dots.material").refractive_index
        return optics.index(own, index_of_laser(table, laser.wavelength, inside))

    def with_(self, changes: Mapping[str, Any]) -> Self:
        """Return a validated copy with other values: ``{"laser.intensity": "5 kW/cm^2"}``.

        Values are text with a unit, quantities of pint, or numbers in SI units; None stands for
        the default.

        Raises
        ------
        CaseError
            Listing every fault at once, each with its path.
        """
        return changed(self, changes)

    def check(self) -> Any:
        """Return what ``thermosim check`` tells: ``.numbers``, ``.notes`` (`infer.check.Check`).

        Raises
        ------
        CaseError
            If the case names what is not there.
        """
        import thermosim  # the public names: what stands above this room

        return thermosim.check(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {self.digest()})"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return str(self.check()._repr_html_())

    def to_toml(self) -> str:
        """Return the resolved case as TOML that `load_case` reads back."""
        import tomli_w

        tree = self.model_dump(mode="json", exclude_none=True, context={"units": True})
        return tomli_w.dumps(tree)


def _content(value: Any) -> str:
    if not isinstance(value, Path):
        raise TypeError(f"{value!r} has no place in a case")
    return hashlib.sha256(value.read_bytes()).hexdigest()
