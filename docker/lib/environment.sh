# shellcheck shell=bash
# Variables that COMMAND gets on every route.

# In the image and the userland: where pip's packages are, and the search path.
VENV=/usr/lib/thermosim
# shellcheck disable=SC2034 # read by image.sh and userland.sh
INSIDE_PATH=$CLONE/docker/bin:$VENV/bin:/usr/bin:/bin:/usr/sbin:/sbin

# Names to hand on to a container; on the other routes they are inherited.
HANDED_ON=(PYTHONPATH OMP_NUM_THREADS PYVISTA_OFF_SCREEN THERMOSIM_ROUTE
    CI COLUMNS MPLBACKEND NO_COLOR PETSC_OPTIONS PYTEST_ADDOPTS TZ)

default() { [ -n "${!1+set}" ] || export "$1=$2"; }

set_environment() {
    export THERMOSIM_ROUTE=$1 PATH=$CLONE/docker/bin:$PATH
    export PYTHONPATH=$CLONE${PYTHONPATH:+:$PYTHONPATH}
    # MPI ranks share the cores: more threads than ranks only get in each other's way.
    default OMP_NUM_THREADS 1
    default PYVISTA_OFF_SCREEN true
}

# set_mpi_environment MAJOR: for Open MPI of that major version, root may start it (in a userland or
# a container everybody may be root), more ranks than cores are fine, and on one machine the network
# is not asked.
set_mpi_environment() {
    local oversubscribe=PRTE_MCA_rmaps_default_mapping_policy shared_memory=sm
    [ "$1" -lt 6 ] || oversubscribe=PRTE_MCA_mapby
    [ "$1" -ge 5 ] || shared_memory=vader
    default OMPI_ALLOW_RUN_AS_ROOT 1
    default OMPI_ALLOW_RUN_AS_ROOT_CONFIRM 1
    default "$oversubscribe" :oversubscribe
    HANDED_ON+=(OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM "$oversubscribe")
    if [ "$1" -lt 5 ]; then
        default OMPI_MCA_rmaps_base_oversubscribe true
    fi
    if [ "${SLURM_JOB_NUM_NODES:-1}" = 1 ]; then
        default OMPI_MCA_btl "self,$shared_memory"
        HANDED_ON+=(OMPI_MCA_btl)
    fi
}

set_debian_environment() {
    case $SUITE in trixie) set_mpi_environment 5 ;; sid) set_mpi_environment 6 ;; esac
    export LANG=C.UTF-8 LC_ALL=C.UTF-8
    # Straight to off-screen rendering: asking for an X server first costs a warning.
    default VTK_DEFAULT_OPENGL_WINDOW vtkEGLRenderWindow
    HANDED_ON+=(LANG LC_ALL VTK_DEFAULT_OPENGL_WINDOW)
}
