"""The case: every parameter class composed, read strictly from TOML."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from thermosim.case_errors import problems_of
from thermosim.chamber import Chamber
from thermosim.contact import Contact, NoContact
from thermosim.errors import CaseError
from thermosim.gain import GainModel
from thermosim.materials import Material, load_material
from thermosim.optics.beam import Laser
from thermosim.particle import Particle
from thermosim.sections import Section
from thermosim.settings import GivenSource, MeshSettings, OutputSettings, SolverSettings, Symmetry
from thermosim.substrates import NoSubstrate, Substrate

MAX_BYTES = 1_000_000


class Case(Section):
    """One experiment to compute: a particle, what it rests on, the light, and how to solve."""

    title: str = Field(default="", description="What question this case answers")
    symmetry: Symmetry = Field(
        default="axisymmetric", description="Body of revolution in (r, z), quarter, or full 3d"
    )
    particle: Particle
    substrate: Substrate = NoSubstrate()
    contact: Contact = NoContact()
    laser: Laser | None = None
    gain: GainModel = GainModel()
    source: GivenSource | None = None
    chamber: Chamber = Chamber()
    materials: dict[str, Material] = Field(
        default_factory=dict, description="Materials of this case by name, before the library's"
    )
    mesh: MeshSettings = MeshSettings()
    solver: SolverSettings = SolverSettings()
    output: OutputSettings = OutputSettings()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        self._check_heat()
        self._check_contact()
        if self.symmetry == "axisymmetric":
            self._check_axisymmetric()
        for owner, name in self.material_names().items():
            try:
                self.material(name)
            except CaseError as error:
                raise ValueError(f"{owner}.material: {error}") from error
        return self

    def _check_heat(self) -> None:
        if self.laser is None and self.source is None:
            raise ValueError("nothing drives the particle; add a section [laser] (or [source])")
        if self.laser is not None and self.source is not None:
            raise ValueError("[laser] and [source] say the same thing twice; remove one of them")

    def _check_contact(self) -> None:
        has_substrate = not isinstance(self.substrate, NoSubstrate)
        has_contact = not isinstance(self.contact, NoContact)
        if has_contact and not has_substrate:
            raise ValueError(
                f'contact.kind = "{self.contact.kind}" but there is nothing to touch; '
                'add [substrate] or write contact.kind = "none"'
            )
        if not has_contact:
            return
        radius = self.contact_radius
        size = getattr(self.substrate, "equivalent_radius", None)
        if size is not None and radius >= size:
            raise ValueError(
                f"the contact radius {radius:.4g} m must be below the radius of the substrate, "
                f"{size:.4g} m"
            )

    def _check_axisymmetric(self) -> None:
        shape = self.particle.shape
        remedy = 'write symmetry = "3d"'
        if not shape.is_axisymmetric:
            raise ValueError(f'particle.shape.kind = "{shape.kind}" is no body of revolution; {remedy}')
        if not getattr(self.substrate, "is_axisymmetric", True):
            raise ValueError(f"the substrate is no body of revolution about z; {remedy}")
        laser = self.laser
        off_axis = laser is not None and (laser.tilt or laser.aim[0] or laser.aim[1])
        if off_axis or (laser is not None and laser.speckle is not None):
            raise ValueError(f"a tilted, off-axis or speckled laser breaks the symmetry; {remedy}")

    @property
    def contact_radius(self) -> float:
        """Radius of the contact disk [m]; 0 without contact.

        Raises
        ------
        ValueError
            If it does not fit the particle.
        """
        shape = self.particle.shape
        radius = self.contact.radius_for(shape.equivalent_radius)
        if radius:
            shape.truncated(radius)
        return radius

    def material_names(self) -> dict[str, str]:
        """Return the material name of each part: particle, and substrate if there is one."""
        names = {"particle": self.particle.material}
        if hasattr(self.substrate, "material"):
            names["substrate"] = self.substrate.material
        return names

    def material(self, name: str) -> Material:
        """Return a material of this case, or else of the library.

        Raises
        ------
        CaseError
            If neither knows the name.
        """
        return self.materials[name] if name in self.materials else load_material(name)

    def digest(self) -> str:
        """Return a content hash of the resolved parameters."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_toml(self) -> str:
        """Return the resolved case as TOML that `load_case` reads back."""
        import tomli_w

        tree = self.model_dump(mode="json", exclude_none=True, context={"units": True})
        return tomli_w.dumps(tree)


def load_case(path: str | Path, overrides: Sequence[str] = ()) -> Case:
    """Read and validate a case file; `overrides` are ``dotted.path=value`` texts.

    Raises
    ------
    CaseError
        Listing every fault of the file at once.
    """
    source = Path(path)
    tree = read_toml(source)
    for text in overrides:
        _override(tree, text)
    return parse_case(tree, source)


def parse_case(tree: dict[str, Any], source: Path | None = None) -> Case:
    """Validate a parsed case file.

    Raises
    ------
    CaseError
        Listing every fault at once.
    """
    context = {"case_file": source or True, "directory": source.parent if source else Path()}
    try:
        return Case.model_validate(tree, context=context)
    except ValidationError as error:
        raise CaseError(problems_of(error, tree, Case), str(source or "")) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of sensible size.

    Raises
    ------
    CaseError
        If it is missing, no file, too large, not text or not TOML.
    """
    try:
        if path.is_dir():
            raise CaseError("is a directory; name a case file (.toml)", str(path))
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise CaseError(f"has {size} bytes; a case file has at most {MAX_BYTES}", str(path))
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError as error:
        raise CaseError(
            "no such file; `thermosim init` writes a starter case", str(path)
        ) from error
    except OSError as error:
        raise CaseError(f"cannot be read: {error.strerror}", str(path)) from error
    except UnicodeDecodeError as error:
        raise CaseError("is no text file (UTF-8)", str(path)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CaseError(f"is not valid TOML: {error}", str(path)) from error


def _override(tree: dict[str, Any], text: str) -> None:
    """Set one value of the tree from ``dotted.path=value``; the value is TOML or plain text."""
    key, equals, value = text.partition("=")
    parts = [part.strip() for part in key.split(".")]
    if not equals or not all(parts):
        raise CaseError(f'--set {text}: write --set path.to.key="value"')
    try:
        parsed = tomllib.loads(f"v = {value}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError):
        parsed = value.strip()
    node = tree
    for part in parts[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise CaseError(f"--set {text}: {part} is no section")
    node[parts[-1]] = parsed
