# shellcheck shell=bash
# Route 4: a Debian userland in the cache, entered with bubblewrap. Two layers, each made once and
# shared by all clones with the same lists: Debian's packages, then pip's.

run_in_userland() {
    local why=$1
    shift
    DEBIAN=$CACHE/userland-$SUITE-$(debian_hash)
    PYTHON=$CACHE/python-$SUITE-$(python_hash)
    if [ ! -e "$PYTHON/.complete" ] || [ ! -e "$DEBIAN/.complete" ]; then
        check_tools
        check_space 5
        progress "making a Debian $SUITE userland in $CACHE: $why"
        build_once "$DEBIAN" "Debian $SUITE with DOLFINx" make_debian
        build_once "$PYTHON" "the Python packages" make_python
    fi
    command -v bwrap >/dev/null || check_tools
    check_namespaces
    say "using the userland $DEBIAN: $why"
    set_environment bwrap
    set_debian_environment
    export THERMOSIM_USERLAND=$DEBIAN
    # Compiled forms and other caches belong to this userland's libraries, not to the host's.
    XDG_CACHE_HOME=$CACHE/home-$SUITE-$(debian_hash)
    export XDG_CACHE_HOME
    mkdir -p "$XDG_CACHE_HOME"
    enter "$DEBIAN" "$PYTHON" ro
    ENTER+=(--setenv PATH "$INSIDE_PATH")
    exec python3 "$CLONE/docker/lib/supervise.py" "${ENTER[@]}" -- "$@"
}

# enter DEBIAN PYTHON ro|rw: put the bubblewrap command into ENTER. The operating system (/usr, /etc)
# is the userland's; every other folder is the host's, so that any path means what it means outside.
enter() {
    local root=$1/root entry
    ENTER=(bwrap --dev-bind /dev /dev --proc /proc --ro-bind /sys /sys --ro-bind "$root/etc" /etc)
    for entry in "$root"/usr/*; do
        case ${entry##*/} in local | src) ;; *) ENTER+=(--ro-bind "$entry" "/usr/${entry##*/}") ;; esac
    done
    for entry in bin sbin lib lib32 lib64 libx32; do
        [ ! -e "$root/$entry" ] || ENTER+=(--symlink "usr/$entry" "/$entry")
    done
    case $3 in ro) ENTER+=(--ro-bind) ;; rw) ENTER+=(--bind) ;; esac
    ENTER+=("$2/venv" "$VENV")
    bind_host_folders
    bind_host_settings
    # What would be written beside the folders shown would be gone at the end: it is refused.
    ENTER+=(--remount-ro / --chdir "$PWD")
}

bind_host_folders() {
    local entry
    for entry in /* "$CLONE" "$PWD" "$HOME" "${TMPDIR:-/tmp}"; do
        case $entry in
            /dev | /proc | /sys | /etc | /usr | /bin | /sbin | /lib | /lib32 | /lib64 | /libx32 | /boot | / | /lost+found) ;;
            /usr/local/* | /usr/src/* | /*/*)
                case $entry in
                    /usr/local/* | /usr/src/*) ENTER+=(--bind "$entry" "$entry") ;;
                    /usr/* | /etc/*) die "the userland cannot show $entry: work in another folder" ;;
                esac ;;
            *)
                if [ -L "$entry" ]; then
                    ENTER+=(--symlink "$(readlink "$entry")" "$entry")
                elif [ -d "$entry" ]; then
                    ENTER+=(--bind "$entry" "$entry")
                fi ;;
        esac
    done
}

# Names of hosts and users, time zone, certificates and the settings of pip, where the host has them.
bind_host_settings() {
    local file bundle=/etc/ssl/certs/ca-certificates.crt name
    for file in /etc/resolv.conf /etc/hosts /etc/hostname /etc/localtime /etc/passwd /etc/group /etc/pip.conf /etc/xdg/pip; do
        [ ! -e "$file" ] || ENTER+=(--ro-bind "$(readlink -f "$file")" "$file")
    done
    for file in "${SSL_CERT_FILE:-}" "${PIP_CERT:-}" "$bundle" /etc/pki/tls/certs/ca-bundle.crt; do
        [ -f "$file" ] || continue
        ENTER+=(--ro-bind "$(readlink -f "$file")" "$bundle")
        break
    done
    for name in SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE CURL_CA_BUNDLE; do
        case ${!name:-} in /etc/* | /usr/*) export "$name=$bundle" ;; esac
    done
}

# make_debian DIR: the first layer. Without root, mmdebstrap works in a user namespace and hands
# over an archive, so that every file belongs to the caller.
make_debian() {
    local include proxy root=$1/root
    include=$(list_of_debian | paste -sd,)
    local options=(--verbose --variant=apt --include="$include"
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*'
        --dpkgopt='path-exclude=/usr/share/locale/*')
    [ "$SUITE" != sid ] || options+=(--aptopt='Acquire::Check-Valid-Until "false"')
    proxy=$(apt-config shell p Acquire::http::Proxy 2>/dev/null | sed -n "s/^p='\(.*\)'$/\1/p") || true
    [ -z "$proxy" ] || options+=(--aptopt="Acquire::http::Proxy \"$proxy\"")
    if [ "$(id -u)" = 0 ]; then
        mmdebstrap "${options[@]}" "$SUITE" "$root"
    else
        mkdir "$root"
        set -o pipefail
        mmdebstrap --mode=unshare --format=tar "${options[@]}" "$SUITE" - |
            tar -x -C "$root" --no-same-owner --exclude='./dev/*'
    fi
    mkdir -p "$root$VENV" "$root/etc/xdg/pip"
    for file in resolv.conf hosts hostname localtime passwd group pip.conf; do
        if [ ! -e "$root/etc/$file" ] || [ -L "$root/etc/$file" ]; then
            rm -f "$root/etc/$file"
            : >"$root/etc/$file"
        fi
    done
}

# make_python DIR: the second layer.
make_python() {
    mkdir "$1/venv"
    enter "$DEBIAN" "$1" rw
    local inside=(env PATH=/usr/bin:/bin:/usr/sbin:/sbin PYTHONPATH= LC_ALL=C.UTF-8 "${ENTER[@]}")
    local constraints=()
    [ ! -e "$CLONE/docker/constraints-$SUITE.txt" ] || constraints=(--constraint "$CLONE/docker/constraints-$SUITE.txt")
    "${inside[@]}" /usr/bin/python3 -m venv --system-site-packages "$VENV"
    "${inside[@]}" "$VENV/bin/python3" "$CLONE/docker/requirements.py" >"$1/requirements.txt"
    "${inside[@]}" "$VENV/bin/python3" -m pip install "${constraints[@]}" --requirement "$1/requirements.txt"
    "${inside[@]}" "$VENV/bin/python3" -c 'import dolfinx, gmsh, pydantic, pyvista'
}

check_space() {
    local free needs=$1
    mkdir -p "$CACHE" 2>/dev/null || die "cannot write to $CACHE: set XDG_CACHE_HOME to a folder that can be written"
    free=$(df -Pk "$CACHE" | awk 'NR == 2 {print int($4 / 1048576)}')
    [ "$free" -ge "$needs" ] || die "the environment needs $needs GB and $CACHE has $free GB free: make room, or set XDG_CACHE_HOME to a larger disk"
}

check_tools() {
    local tool missing=()
    for tool in mmdebstrap bwrap; do command -v "$tool" >/dev/null || missing+=("${tool/bwrap/bubblewrap}"); done
    [ "$(id -u)" = 0 ] || command -v newuidmap >/dev/null || missing+=(uidmap)
    [ ${#missing[@]} -eq 0 ] || install_tools "${missing[@]}"
    check_namespaces
    [ "$(id -u)" = 0 ] || check_subids "$(id -un)"
}

# Without root, mmdebstrap gives the userland's files to a range of user ids kept for the caller.
check_subids() {
    grep -q "^\($1\|$(id -u)\):" /etc/subuid 2>/dev/null || getsubids "$1" >/dev/null 2>&1 ||
        die "no range of user ids is kept for $1. Run:  sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $1"
}

install_tools() {
    command -v apt-get >/dev/null ||
        die "missing: $*, and this is no Debian or Ubuntu: use conda (environment.yml) or Docker, see docs/install.md"
    if [ "$(id -u)" != 0 ]; then
        case ${why_not_wheels:-} in "the wheels need: "*) die "$why_not_wheels" ;; esac
        die "missing: $*. Run:  sudo apt-get install $* debian-archive-keyring"
    fi
    progress "installing $*"
    apt_install "$@" debian-archive-keyring || die "apt-get could not install $*"
}

check_namespaces() {
    local words knob
    words=$(bwrap --ro-bind / / true 2>&1) && return
    for knob in kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=15000; do
        case $knob in
            kernel.unpriv*) [ "$(cat /proc/sys/kernel/unprivileged_userns_clone 2>/dev/null)" = 0 ] ;;
            kernel.app*) [ "$(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns 2>/dev/null)" = 1 ] ;;
            user.*) [ "$(cat /proc/sys/user/max_user_namespaces 2>/dev/null)" = 0 ] ;;
        esac && die "bubblewrap may not make namespaces ($words). Run:  sudo sysctl -w $knob"
    done
    die "bubblewrap may not make namespaces here ($words): use conda (environment.yml) or Docker, see docs/install.md"
}
