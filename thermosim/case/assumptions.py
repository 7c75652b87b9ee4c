"""What a lit case leaves open, and what is then assumed: the key ``assumptions``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from thermosim.gain.absorption import FermiEdge
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.escape.given import NoEscape
from thermosim.gain.escape.methods import AutoEscape
from thermosim.gain.model import GainModel
from thermosim.gain.size import DotSize

Assumptions = Annotated[
    Literal["careful", "favourable"],
    Field(
        description="What holds where a lit case does not say. careful: light refracts "
        "(optics.model auto), emission has to get out (gain.escape auto) and is in detailed "
        "balance with an absorption edge whose tail follows the phonons (gain.absorption "
        "fermi_edge, gain.emission van_roosbroeck). favourable: even light, all emission leaves, "
        "<E_PL> as given, and a pure tail"
    ),
]


def filled(data: Any, gain: GainModel | None) -> Any:
    """Return the raw sections of a case with what it leaves open filled in; unlit ones as they are.

    `gain` is what the kind of case takes without a section [gain].
    """
    if not isinstance(data, Mapping) or data.get("laser") is None:
        return data
    favourable = data.get("assumptions") == "favourable"
    sections = dict(data)
    optics = data.get("optics")
    if optics is None or (isinstance(optics, Mapping) and "model" not in optics):
        sections["optics"] = {"model": "uniform" if favourable else "auto", **(optics or {})}
    given = data.get("gain", gain)
    if isinstance(given, Mapping):
        assumed = _assumed(given, favourable=favourable)
        sections["gain"] = {**assumed, **given, **_only_size(assumed)}
    elif isinstance(given, GainModel):
        said = {name: getattr(given, name) for name in given.model_fields_set}
        kept = _assumed(said, favourable=favourable).items()
        sections["gain"] = given.model_copy(update={k: v for k, v in kept if k not in said})
    return sections


def unassumed(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections of a resolved case without what its `assumptions` filled in.

    A value that equals the assumed one counts as assumed.
    """
    found = {key: dict(v) if isinstance(v, Mapping) else v for key, v in tree.items()}
    favourable = found.get("assumptions") == "favourable"
    optics, gain = found.get("optics"), found.get("gain")
    if isinstance(optics, dict) and optics.get("model") == ("uniform" if favourable else "auto"):
        del optics["model"]
    if not isinstance(gain, dict):
        return found
    given = {key: gain[key] for key in ("absorption", "size") if gain.get(key) is not None}
    assumed = _assumed(given, favourable=favourable)
    if favourable:
        plain = GainModel()
        assumed |= {"absorption": plain.absorption, "emission": plain.emission}
    else:
        assumed["absorption"] = FermiEdge(E_U_model="einstein")
    for name in ("escape", "emission", "absorption"):
        value = assumed.get(name)
        if value is not None and gain.get(name) == _written(value):
            del gain[name]
    if isinstance(size := gain.get("size"), Mapping):
        laws = {name: DotSize.model_fields[name].default for name in _sized({})}
        laws = laws if favourable else _sized({})
        gain["size"] = {key: v for key, v in size.items() if laws.get(key) != v}
    return found


def _written(section: BaseModel) -> Any:
    """Return a section as a resolved case has it."""
    return section.model_dump(mode="json", exclude_none=True, context={"units": True})


def _only_size(assumed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section [gain.size] of what is assumed: it holds what was given, and more."""
    return {name: assumed[name] for name in ("size",) if name in assumed}


def _assumed(given: Mapping[str, Any], *, favourable: bool) -> dict[str, Any]:
    """Return what is assumed of dots of which this much is given.

    Absorption and emission share one edge. Its Urbach energy follows the occupation of phonons, as
    Kajino et al. measured in this material, Phys. Rev. Mater. 6, L043001 (2022),
    10.1103/PhysRevMaterials.6.L043001. Where the absorption that is given has no Fermi form, or a
    tail too wide for a peak in balance with it, <E_PL> is a number.
    """
    if favourable:
        return {"escape": NoEscape()}
    if given.get("size") is not None:  # absorption and emission follow from the diameter
        return {"escape": AutoEscape(), "size": _sized(given["size"])}
    edge = _edge(given.get("absorption", FermiEdge(E_U_model="einstein")))
    assumed: dict[str, Any] = {"escape": AutoEscape(), "absorption": edge}
    if edge is not None:
        assumed["emission"] = VanRoosbroeckEmission(edge=edge)
    return assumed


def _sized(size: Any) -> Any:
    """Return the raw section [gain.size] with laws of temperature that belong together."""
    if not isinstance(size, Mapping):
        return size
    return {"E_U_model": "einstein", "emission": "detailed_balance", **size}


def _edge(absorption: Any) -> FermiEdge | None:
    """Return the edge that emission can be in balance with; None where there is none.

    What is wrong with a section is told when it is read.
    """
    edge = absorption
    if isinstance(absorption, Mapping) and absorption.get("kind") == "fermi_edge":
        try:
            edge = FermiEdge.model_validate(absorption)
        except ValidationError:
            return None
    if not isinstance(edge, FermiEdge):
        return None
    try:
        VanRoosbroeckEmission(edge=edge).mean_at([200.0, 300.0], 300.0, 0.0)
    except ValueError:
        return None
    return edge
