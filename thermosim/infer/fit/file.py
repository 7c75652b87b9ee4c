"""A file that asks for a fit of several models together: ``[fit]`` and ``[[fit.data]]``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from thermosim.case.errors import problems_of
from thermosim.case.read import load_case, read_toml
from thermosim.errors import CaseError
from thermosim.infer.fit.base import FitModel
from thermosim.infer.fit.data import Asked
from thermosim.infer.fit.parameters import Wishes
from thermosim.infer.fit.posterior import FEWEST_STEPS, MOST_STEPS, Walk
from thermosim.language.sections import Section
from thermosim.language.tables import Reading

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase

MODELS = ("trpl", "efficiency", "excitation", "cooling", "litmos")
Name = Literal["trpl", "efficiency", "excitation", "cooling", "litmos"]


class DataOfFit(Section):
    """Files of one model, and how they are read."""

    model: Name = Field(description="What the data are")
    files: tuple[str, ...] = Field(min_length=1, description="Data, beside this file")
    case: str = Field("", description="Case of these data, where it is another")
    noise: str = Field("", description="counts, errors, scatter, relative, 3 % or a value")
    unit: str = Field("", description="Unit of the column")
    axis: str = Field("", description="Unit of the axis")
    column: str = Field("", description="The one column to take")
    window: tuple[str, str] | None = Field(None, description="From and to, on the axis")
    channel: str = Field("", description="trpl: time from row to row")
    response: str = Field("", description="trpl: width or file of the instrument's response")
    excitons: tuple[float, ...] = Field((), description="trpl: mean excitons of each decay")

    def asked(self, folder: Path) -> Asked:
        """Return how the data are read; a response that is a file lies beside this one."""
        beside = folder / self.response
        response = str(beside) if self.response and beside.is_file() else self.response
        reading = Reading(self.axis)
        return Asked(reading, self.noise, self.unit, self.window, self.channel, response,
                     self.excitons, self.column)  # fmt: skip


class FitFile(Section):
    """What a fit of several data sets holds and frees; parameters of one name are shared."""

    case: str = Field("", description="Case of all data, beside this file")
    misfit: Literal["refuse", "inflate"] = Field("refuse", description="A model that does not fit")
    posterior: bool = Field(False, description="Sample the posterior, too")
    seed: int = Field(1, ge=0, lt=2**32, description="Of the dice of the posterior")
    steps: int = Field(MOST_STEPS, ge=FEWEST_STEPS, description="Most steps of each walker")
    fix: dict[str, str] = Field({}, description="Parameters that are held: name and value")
    start: dict[str, str] = Field({}, description="Where to look first")
    prior: dict[str, str] = Field({}, description='What is known: "29 +- 1 ns"')
    free: tuple[str, ...] = Field(
        (), description="Parameters that are fitted beside the usual ones"
    )
    share: tuple[str, ...] = Field((), description="Shared by data sets that have their own else")
    each: tuple[str, ...] = Field((), description="Of each data set its own")
    data: tuple[DataOfFit, ...] = Field(min_length=1, description="The data")

    def wishes(self) -> Wishes:
        """Return what is asked of the parameters."""
        texts = {
            name: [f"{key}={value}" for key, value in getattr(self, name).items()]
            for name in ("fix", "start", "prior")
        }
        return Wishes(**texts, free=self.free, share=self.share, each=self.each)


@dataclass(frozen=True)
class Task:
    """A fit to be done: models with their data, wishes, and whether ± may be widened.

    ``walk`` is what is asked of the walkers where the posterior is wanted.
    """

    models: list[FitModel]
    wishes: Wishes
    inflate: bool
    walk: Walk | None = None


def read_fit(path: Path) -> Task:
    """Read a file of a fit.

    Raises
    ------
    CaseError
        Listing every fault of the file at once; or of the data.
    """
    tree: dict[str, Any] = read_toml(path)
    try:
        found = FitFile.model_validate(tree.get("fit", tree), context={"case_file": path})
    except ValidationError as error:
        raise CaseError(problems_of(error, tree.get("fit", tree), FitFile), str(path)) from error
    folder = path.parent
    models = []
    for one in found.data:
        name = one.case or found.case
        files = [folder / file for file in one.files]
        where = folder / name if name else None
        models.append(model_of(one.model, files, one.asked(folder), where))
    walk = Walk(found.seed, found.steps) if found.posterior else None
    return Task(models, found.wishes(), found.misfit == "inflate", walk)


def model_of(name: str, paths: list[Path], asked: Asked, case_path: Path | None) -> FitModel:
    """Return the model of a name with its data.

    Raises
    ------
    CaseError
        If a file or the case cannot be read.
    """
    case: AnyCase | None = None if case_path is None else load_case(case_path)
    if name == "trpl":
        from thermosim.infer.fit.trpl import TrplFit

        return TrplFit(paths, asked)
    if name == "excitation":
        from thermosim.infer.fit.excitation import ExcitationFit

        return ExcitationFit(paths, asked)
    if name == "efficiency":
        from thermosim.infer.fit.efficiency import EfficiencyFit

        return EfficiencyFit(paths, asked, case, case_path)
    if name == "litmos":
        from thermosim.infer.fit.litmos import LitmosFit

        return LitmosFit(paths, asked, case, case_path)
    from thermosim.infer.fit.cooling import CoolingFit

    return CoolingFit(paths, asked, case, case_path)
