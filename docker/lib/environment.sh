# shellcheck shell=bash
# Variables that COMMAND gets on every route.

# In the image and the userland: where pip's packages are, and the search path.
VENV=/usr/lib/thermosim
# shellcheck disable=SC2034 # read by image.sh and userland.sh
INSIDE_PATH=$CLONE/docker/bin:$VENV/bin:/usr/bin:/bin:/usr/sbin:/sbin

# Names to hand on to a container; on the other routes they are inherited.
HANDED_ON=(PYTHONPATH OMP_NUM_THREADS PYVISTA_OFF_SCREEN THERMOSIM_ROUTE)

default() { [ -n "${!1+set}" ] || export "$1=$2"; }

set_environment() {
    export THERMOSIM_ROUTE=$1 PATH=$CLONE/docker/bin:$PATH
    export PYTHONPATH=$CLONE${PYTHONPATH:+:$PYTHONPATH}
    # MPI ranks share the cores: more threads than ranks only get in each other's way.
    default OMP_NUM_THREADS 1
    default PYVISTA_OFF_SCREEN true
}

# Where the machine's Open MPI is Debian's: root may start it (in a userland or container everybody
# may be root), more ranks than cores are fine, and on one machine the network is not asked.
set_mpi_environment() {
    default OMPI_ALLOW_RUN_AS_ROOT 1
    default OMPI_ALLOW_RUN_AS_ROOT_CONFIRM 1
    default PRTE_MCA_rmaps_default_mapping_policy :oversubscribe
    HANDED_ON+=(OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM PRTE_MCA_rmaps_default_mapping_policy)
    if [ "${SLURM_JOB_NUM_NODES:-1}" = 1 ]; then
        default OMPI_MCA_btl self,sm
        HANDED_ON+=(OMPI_MCA_btl)
    fi
}

set_debian_environment() {
    set_mpi_environment
    export LANG=C.UTF-8 LC_ALL=C.UTF-8
    # Straight to off-screen rendering: asking for an X server first costs a warning.
    default VTK_DEFAULT_OPENGL_WINDOW vtkEGLRenderWindow
    HANDED_ON+=(LANG LC_ALL VTK_DEFAULT_OPENGL_WINDOW)
}
