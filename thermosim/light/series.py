"""The Mie series at many points, as machine code: recurrences and sums of many points at once.

In NumPy each step of a recurrence writes arrays that the next one reads again, which takes some
fifteen times as long. `MieSphere.intensity_parts` says what is computed, and tests hold this to it.
A processor's wide registers are used where the compiler knows how; digits do not depend on them.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.compile import compile_c
from thermosim.fem.lanes import WIDE
from thermosim.optics.axial import angular_functions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.optics.mie import MieSphere, Parts

    Floats = NDArray[np.float64]

_DECLARED = """
void intensity_parts(int64_t count, const double *s, const double *mu, double z_re, double z_im,
    int terms, const double *c, const double *e, double *ratios, double *P, double *S);
void lattice_parts(int radii, int blocks, int terms, const double *waves, const double *angular,
    int32_t *orders, double *P, double *S);
"""
_BLOCK = 32  # cosines at a time, on a lattice
_LEFT = 1e-18  # of the largest wave that orders without use add up to
_WIDE = 32  # points at a time: some chains of products for each register, as one must wait
_CODE = (
    f"#define WIDE {_WIDE}\n#define BLOCK {_BLOCK}\n#define LEFT {_LEFT}\n{WIDE}"
    """
#include <math.h>
#include <stdint.h>

#define EACH for (int k = 0; k < WIDE; k++)
typedef struct { double re[WIDE], im[WIDE]; } numbers;

/* j_n/j_(n-1) of all orders down from `start`, as `bessel_ratios`; `over` is 1/rho */
static inline void bessel_ratios(const numbers *over, int start, int terms, numbers *ratios)
{
    numbers r = {{0}, {0}};
    for (int n = start; n > 0; n--) {
        EACH {
            double a = (2*n + 1)*over->re[k] - r.re[k], b = (2*n + 1)*over->im[k] - r.im[k];
            double inverse = 1/(a*a + b*b);  /* a division takes as long as ten products */
            r.re[k] = a*inverse;
            r.im[k] = -b*inverse;
        }
        if (n <= terms) ratios[n] = r;
    }
}

/* j_0 and j_1 times exp(-limit); the second from the first where it is the smaller one */
static inline void first_orders(const numbers *rho, const numbers *over, const numbers *ratio,
    double limit, numbers *first, numbers *second)
{
    EACH {
        double a = rho->re[k], b = rho->im[k], u = over->re[k], v = over->im[k];
        double decay = exp(-2*b), size = exp(b - limit);
        double high = 0.5*(1 + decay)*size, low = -0.5*expm1(-2*b)*size;
        double sine_re = sin(a)*high, sine_im = cos(a)*low;
        double cosine_re = cos(a)*high, cosine_im = -sin(a)*low;
        double j_re = sine_re*u - sine_im*v, j_im = sine_re*v + sine_im*u;
        double t_re = j_re - cosine_re, t_im = j_im - cosine_im;
        double next_re = t_re*u - t_im*v, next_im = t_re*v + t_im*u;
        double p = ratio->re[k], q = ratio->im[k];
        int small = a*a + b*b < 1 || next_re*next_re + next_im*next_im < j_re*j_re + j_im*j_im;
        first->re[k] = j_re;
        first->im[k] = j_im;
        second->re[k] = small ? j_re*p - j_im*q : next_re;
        second->im[k] = small ? j_re*q + j_im*p : next_im;
    }
}

/* |E|^2 along and across, of WIDE points; all sums go upward in n */
FOR_EACH_PROCESSOR
static void of_some(const double *s, const double *mu, double z_re, double z_im, int start,
    int terms, const double *c, const double *e, numbers *ratios, double *P, double *S)
{
    numbers rho, over, before, j, radial = {{0}, {0}}, sum = {{0}, {0}}, difference = {{0}, {0}};
    double pi_before[WIDE], pi[WIDE];
    EACH {
        double at = s[k] > 1e-30 ? s[k] : 1e-30;
        double size = at*(z_re*z_re + z_im*z_im);
        rho.re[k] = at*z_re;
        rho.im[k] = at*z_im;
        over.re[k] = z_re/size;
        over.im[k] = -z_im/size;
        pi_before[k] = 0;
        pi[k] = 1;
    }
    bessel_ratios(&over, start, terms, ratios);
    first_orders(&rho, &over, &ratios[1], z_im, &before, &j);
    for (int n = 1; n <= terms; n++) {
        double c_re = c[2*n - 2], c_im = c[2*n - 1], e_re = e[2*n - 2], e_im = e[2*n - 1];
        double part = 1.0/n, both = (double)n*(n + 1), E_re = both*e_re, E_im = both*e_im;
        const numbers *ratio = &ratios[n < terms ? n + 1 : n];
        EACH {
            double j_re = j.re[k], j_im = j.im[k], u = over.re[k], v = over.im[k];
            double over_re = j_re*u - j_im*v, over_im = j_re*v + j_im*u;
            double slope_re = before.re[k] - n*over_re, slope_im = before.im[k] - n*over_im;
            double magnetic_re = c_re*j_re - c_im*j_im, magnetic_im = c_re*j_im + c_im*j_re;
            double electric_re = e_re*slope_re - e_im*slope_im;
            double electric_im = e_re*slope_im + e_im*slope_re;
            double forth = mu[k]*pi[k], tau = n*forth - (n + 1)*pi_before[k];
            radial.re[k] += pi[k]*(E_re*over_re - E_im*over_im);
            radial.im[k] += pi[k]*(E_re*over_im + E_im*over_re);
            sum.re[k] += (magnetic_re + electric_re)*(pi[k] + tau);
            sum.im[k] += (magnetic_im + electric_im)*(pi[k] + tau);
            difference.re[k] += (magnetic_re - electric_re)*(pi[k] - tau);
            difference.im[k] += (magnetic_im - electric_im)*(pi[k] - tau);
            pi_before[k] = pi[k];
            pi[k] = ((n + 1)*forth + tau)*part;
            before.re[k] = j_re;
            before.im[k] = j_im;
            j.re[k] = j_re*ratio->re[k] - j_im*ratio->im[k];
            j.im[k] = j_re*ratio->im[k] + j_im*ratio->re[k];
        }
    }
    EACH {
        double across = mu[k]*mu[k] < 1 ? 1 - mu[k]*mu[k] : 0;
        double theta_re = 0.5*(sum.re[k] + difference.re[k]);
        double theta_im = 0.5*(sum.im[k] + difference.im[k]);
        double phi_re = 0.5*(sum.re[k] - difference.re[k]);
        double phi_im = 0.5*(sum.im[k] - difference.im[k]);
        double along = radial.re[k]*radial.re[k] + radial.im[k]*radial.im[k];
        P[k] = across*along + theta_re*theta_re + theta_im*theta_im;
        S[k] = phi_re*phi_re + phi_im*phi_im;
    }
}

/* arrays are filled up to a multiple of WIDE; `ratios` has room for terms + 1 */
void intensity_parts(int64_t count, const double *s, const double *mu, double z_re, double z_im,
    int terms, const double *c, const double *e, double *ratios, double *P, double *S)
{
    for (int64_t i = 0; i < count; i += WIDE) {
        double farthest = 0;
        EACH farthest = s[i + k] > farthest ? s[i + k] : farthest;
        int start = farthest*hypot(z_re, z_im);
        start = start > terms ? start : terms;
        start += 20 + (int)(8*cbrt(start));
        of_some(s + i, mu + i, z_re, z_im, start, terms, c, e, (numbers *)ratios, P + i, S + i);
    }
}

/* one radius and BLOCK cosines; the three waves of each order are those of A_r, and of sum and
   difference of A_theta and A_phi */
FOR_EACH_PROCESSOR
static void of_block(int terms, const double *waves, const double *angular, double *P, double *S)
{
    double re[3][BLOCK] = {{0}}, im[3][BLOCK] = {{0}};
    for (int n = 0; n < terms; n++, waves += 6, angular += 3*BLOCK)
        for (int wave = 0; wave < 3; wave++)
            for (int k = 0; k < BLOCK; k++) {
                re[wave][k] += waves[2*wave]*angular[wave*BLOCK + k];
                im[wave][k] += waves[2*wave + 1]*angular[wave*BLOCK + k];
            }
    for (int k = 0; k < BLOCK; k++) {
        double theta_re = 0.5*(re[1][k] + re[2][k]), theta_im = 0.5*(im[1][k] + im[2][k]);
        double phi_re = 0.5*(re[1][k] - re[2][k]), phi_im = 0.5*(im[1][k] - im[2][k]);
        P[k] = re[0][k]*re[0][k] + im[0][k]*im[0][k] + theta_re*theta_re + theta_im*theta_im;
        S[k] = phi_re*phi_re + phi_im*phi_im;
    }
}

/* how many orders a radius needs: those above its phase die away, angular functions grow like n^2,
   and what is left out adds less to the field than its rounding */
static int needed(int terms, const double *waves)
{
    double largest = 0, beyond = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int n = terms; n > 0; n--) {
            double size = 0;
            for (int k = 6*n - 6; k < 6*n; k++) size += fabs(waves[k]);
            if (pass == 0) largest = size > largest ? size : largest;
            else if ((beyond += size*n*(n + 1.0)) > LEFT*largest) return n;
        }
    return 0;
}

/* waves (radii, terms, 6) and angular functions (blocks, terms, 3 BLOCK): (radii, blocks BLOCK);
   `orders` has room for each radius */
void lattice_parts(int radii, int blocks, int terms, const double *waves, const double *angular,
    int32_t *orders, double *P, double *S)
{
    for (int i = 0; i < radii; i++) orders[i] = needed(terms, waves + (int64_t)i*terms*6);
    for (int block = 0; block < blocks; block++)
        for (int i = 0; i < radii; i++) {
            int64_t place = ((int64_t)i*blocks + block)*BLOCK;
            of_block(orders[i], waves + (int64_t)i*terms*6,
                angular + (int64_t)block*terms*3*BLOCK, P + place, S + place);
        }
}
"""
)
# contracted, a product and a sum would be rounded once on some processors and twice on others
_OPTIONS = ["-O3", "-ffp-contract=off"]


def parts_by_machine_code(comm: Any) -> Parts:
    """Return what does the work of `MieSphere.intensity_parts`, compiled if need be (collective).

    Raises
    ------
    MissingDependencyError
        If there is no C compiler.
    StorageError
        If there is no room for what it makes.
    """
    return functools.partial(_parts, _code(comm))


def lattice_by_machine_code(comm: Any) -> Parts:
    """Return what does the work of `MieSphere.lattice_parts`, as `parts_by_machine_code`."""
    return _lattice_of(_code(comm))


def _code(comm: Any) -> Any:
    return compile_c(
        comm, "thermosim_series", _DECLARED, _CODE, "the Mie series", extra_compile_args=_OPTIONS
    )


def _parts(code: Any, sphere: MieSphere, s: Floats, mu: Floats) -> tuple[Floats, Floats]:
    z, (c, e) = sphere.m * sphere.x, sphere.weighted
    at = [np.pad(x, (0, -s.size % _WIDE), mode="edge") for x in (s, mu)]
    P, S = np.empty((2, at[0].size))
    ratios = np.empty((c.size + 1) * 2 * _WIDE)
    s_at, mu_at, *others = _handed(code, *at, c, e, ratios, P, S)
    code.lib.intensity_parts(s.size, s_at, mu_at, z.real, z.imag, c.size, *others)
    return P[: s.size], S[: s.size]


@functools.cache
def _lattice_of(code: Any) -> Parts:
    """Return the function of one library always as the same object, by which results are kept."""
    return functools.partial(_lattice, code)


def _lattice(code: Any, sphere: MieSphere, s: Floats, mu: Floats) -> tuple[Floats, Floats]:
    radial, magnetic, electric = sphere.waves(s)
    waves = np.empty((s.size, sphere.c.size, 3), complex)
    waves[:, :, 0] = radial.T
    np.add(magnetic.T, electric.T, out=waves[:, :, 1])
    np.subtract(magnetic.T, electric.T, out=waves[:, :, 2])
    places = np.pad(mu, (0, -mu.size % _BLOCK), mode="edge")
    pi, tau = angular_functions(places, sphere.c.size)
    across = np.sqrt(np.maximum(1.0 - places**2, 0.0))
    angular = np.stack([pi * across, pi + tau, pi - tau], axis=1)
    blocks = angular.reshape(len(pi), 3, -1, _BLOCK).transpose(2, 0, 1, 3)
    P, S = np.empty((2, s.size, places.size))
    orders = code.ffi.from_buffer("int32_t[]", np.empty(s.size, np.int32))
    waves_at, blocks_at, *found = _handed(code, waves, np.ascontiguousarray(blocks), P, S)
    code.lib.lattice_parts(s.size, len(blocks), len(pi), waves_at, blocks_at, orders, *found)
    return P[:, : mu.size], S[:, : mu.size]


def _handed(code: Any, *arrays: Any) -> list[Any]:
    """Return arrays of real or complex numbers as C takes them."""
    return [code.ffi.from_buffer("double[]", array) for array in arrays]
