"""Materials: laws of temperature with their sources, and the library of ready ones."""

from thermosim.materials.catalogue import load_material, material_names
from thermosim.materials.conductivity import ConductivityTensor, Isotropic, Uniaxial
from thermosim.materials.laws import ConstantLaw, Law, PolynomialLaw, PowerLaw, TableLaw
from thermosim.materials.material import Material
from thermosim.materials.optical import (
    Infrared,
    LorentzInfrared,
    Oscillator,
    RefractiveIndex,
    TabulatedInfrared,
)
from thermosim.materials.report import sources, table
from thermosim.materials.size_table import SizeTable

__all__ = [
    "ConductivityTensor",
    "ConstantLaw",
    "Infrared",
    "Isotropic",
    "Law",
    "LorentzInfrared",
    "Material",
    "Oscillator",
    "PolynomialLaw",
    "PowerLaw",
    "RefractiveIndex",
    "SizeTable",
    "TableLaw",
    "TabulatedInfrared",
    "Uniaxial",
    "load_material",
    "material_names",
    "sources",
    "table",
]
