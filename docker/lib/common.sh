# shellcheck shell=bash
# Messages, hashes, and directories that are made once.

say() { [ "${THERMOSIM_QUIET:-0}" = 1 ] || printf 'thermosim: %s\n' "$*" >&2; }
progress() { printf 'thermosim: %s\n' "$*" >&2; }
# 125, as Docker does, for what went wrong before COMMAND started.
die() { printf 'thermosim: %s\n' "$*" >&2; exit 125; }

hash_of() { sha256sum | cut -c1-10; }
list_of_debian() { grep -v '^#' "$CLONE/docker/packages-debian.txt"; }
# The package lists alone (less DOLFINx's wheels, which only one route takes), so that settings of tools in the same file rebuild nothing.
list_of_python() {
    sed -n '/^dependencies = \[/,/^]/p; /^\[project.optional-dependencies]/,/^\[project.scripts]/p' \
        "$CLONE/pyproject.toml" | grep -v '^ *#' | sed '/^fem = \[/,/^]/d'
    cat "$CLONE/docker/constraints-$1.txt" 2>/dev/null || true
}
list_of_wheels() { sed -n '/^fem = \[/,/^]/p' "$CLONE/pyproject.toml"; }
debian_hash() { { echo "recipe 1 $SUITE"; list_of_debian; } | hash_of; }
python_hash() { { debian_hash; list_of_python "$SUITE"; } | hash_of; }

# apt_install OPTION|PACKAGE…: as root; its words, a hundred lines, are shown if it fails.
apt_install() {
    local log=$CACHE/apt.log status=0
    mkdir -p "$CACHE" || die "cannot write to $CACHE: set XDG_CACHE_HOME"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"; } >"$log" 2>&1 </dev/null || status=$?
    [ "$status" -eq 0 ] || tail -n 15 "$log" >&2
    rm -f "$log"
    return "$status"
}

# build_once DIR WHAT COMMAND…: COMMAND DIR.part makes DIR, in one piece or not at all. Others who
# want it wait; they hold the lock as long as any process of a builder lives, even an orphan.
build_once() {
    local dir=$1 what=$2 lock
    shift 2
    [ ! -e "$dir/.complete" ] || return 0
    mkdir -p "$(dirname "$dir")" || die "cannot write to $(dirname "$dir"): set XDG_CACHE_HOME"
    exec {lock}>"$dir.lock"
    if ! flock -n "$lock"; then
        progress "another process makes $what; waiting for it"
        flock "$lock"
    fi
    if [ ! -e "$dir/.complete" ]; then
        rm -rf --one-file-system "$dir" "$dir.part"
        mkdir "$dir.part"
        watched "$what" "$dir.log" "$@" "$dir.part"
        touch "$dir.part/.complete"
        mv -T "$dir.part" "$dir"
        rm -f "$dir.log"
    fi
    exec {lock}>&-
}

# watched WHAT LOG COMMAND…: run COMMAND in a process group of its own, its words in LOG; show that
# it lives; on a signal stop the whole group.
watched() {
    local what=$1 log=$2 child status=0
    shift 2
    SECONDS=0
    progress "making $what (once; log: $log)"
    set -m
    (set -e; "$@") </dev/null >"$log" 2>&1 &
    child=$!
    set +m
    trap 'stop_group "$child" 130' INT
    trap 'stop_group "$child" 143' TERM HUP
    show_life "$child" "$log"
    wait "$child" || status=$?
    trap - INT TERM HUP
    [ "$status" -eq 0 ] && { progress "made $what in $SECONDS s"; return; }
    tail -n 15 "$log" >&2
    die "making $what failed; the whole log is $log. Nothing half-made is used: run the command again"
}

stop_group() {
    trap '' INT TERM HUP
    kill -TERM -- "-$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
    progress "interrupted; the next run starts this step again"
    exit "$2"
}

show_life() {
    local child=$1 log=$2 start=0 every=20
    [ ! -t 2 ] || every=1
    while kill -0 "$child" 2>/dev/null; do
        sleep 0.5
        if (((SECONDS - start) >= every)); then
            start=$SECONDS
            life_line "$log"
        fi
    done
    [ ! -t 2 ] || printf '\r\033[K' >&2
}

life_line() {
    local last
    last=$(tail -c 400 "$1" | tr '\r' '\n' | tr -cd '[:print:]\n' | grep -v '^ *$' | tail -n 1 | cut -c1-66) || true
    if [ -t 2 ]; then
        printf '\r\033[K  %4d s  %s' "$SECONDS" "$last" >&2
    else
        printf '  %4d s  %s\n' "$SECONDS" "$last" >&2
    fi
}
