"""What a result is about, in words and places: reports, pictures and closing tables ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Point = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Focus:
    """The region in the middle of pictures, which stands on a contact.

    Attributes
    ----------
    region, title : its name in the mesh, and what stands above its picture
    width : x range of one body about its foot [m]
    foot : x, y of the contact that is shown [m]
    count : number of such bodies
    below : what stands above the picture of what lies under it
    """

    region: str
    title: str
    width: tuple[float, float]
    foot: tuple[float, float]
    count: int = 1
    below: str = ""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a result is told and shown.

    Attributes
    ----------
    about : what it is about: particle or body
    question : what was asked, in a sentence
    symmetry, T_ref : as in the model
    zero : what ΔT is counted from, in words; nothing where temperatures are told absolute
    goal, probe : the goal in words, and the probe that it is; None: the mean of a region
    regions : region -> name of its material
    boundaries, insulated : those where something happens, and those where nothing does
    main, other : body whose heat is compared, and the one under it, if they have budgets apart
    contact : number of the heat from the first to the second
    driver : what releases heat, in words
    places, ways, sources : boundaries, paths and sources of the budget in words
    accounts : numbers of the heat flows that a closing table tells; nothing: the budget by path
    lit : region with the light
    focus : what stands in the middle of pictures; None: they show all
    through : where cuts in space pass [m]; None: through the middle
    """

    about: str
    question: str
    symmetry: str
    T_ref: float
    zero: str = ""
    goal: str
    probe: str | None = None
    regions: Mapping[str, str]
    boundaries: tuple[str, ...]
    insulated: tuple[str, ...] = ()
    main: str
    other: str = ""
    contact: str = ""
    driver: str = "heat source"
    places: Mapping[str, str] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    lit: str | None = None
    focus: Focus | None = None
    through: Point | None = None

    @property
    def heat_unit(self) -> str:
        """W/m for planar bodies, of which a metre of depth is counted."""
        return "W/m" if self.symmetry == "planar" else "W"

    def owner(self, place: str) -> str:
        """Return the body that a region or boundary belongs to in the budget."""
        return self.other if self.other and not place.startswith(self.main) else self.main

    def path_words(self, place: str, path: str) -> str:
        """Return a path of the budget in words: ``thermal radiation, top face``."""
        how, where = self.ways.get(path, _plain(path)), self.places.get(place, _plain(place))
        return f"{how}, {where}" if where else how

    def source_words(self, region: str) -> str:
        """Return what the heat source of a region is."""
        place, _, emission = region.partition(":")
        if emission:
            return f"emission absorbed in {_plain(place)}"
        return self.sources.get(region, f"heat source in {_plain(region)}")


def _plain(name: str) -> str:
    return name.replace("_", " ")
