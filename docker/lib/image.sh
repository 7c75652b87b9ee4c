# shellcheck shell=bash
# Route 2: the image of docker/Dockerfile, by Docker or Podman.

engine_answers() { command -v "$1" >/dev/null && timeout 5 "$1" info >/dev/null 2>&1; }

run_in_image() {
    local engine=$1 why=$2 tag dir name
    shift 2
    tag=thermosim-env:$SUITE-$(python_hash)
    "$engine" image inspect "$tag" >/dev/null 2>&1 || build_image "$engine" "$tag"
    say "using the image $tag: $why"
    set_environment "$engine"
    set_debian_environment
    local options=(run --rm --interactive --init --workdir "$PWD" --env HOME --env TMPDIR="${TMPDIR:-/tmp}")
    [ ! -t 0 ] || [ ! -t 1 ] || options+=(--tty --env TERM)
    for name in "${HANDED_ON[@]}"; do options+=(--env "$name"); done
    for dir in "${!THERMOSIM_@}"; do options+=(--env "$dir"); done
    mapfile -t -O ${#options[@]} options < <(image_user "$engine")
    # The forms compiled in the image, kept between runs apart from those of other routes.
    mkdir -p "$CACHE/forms-$SUITE-$(debian_hash)"
    options+=(--env XDG_CACHE_HOME="$CACHE/forms-$SUITE-$(debian_hash)")
    while read -r dir; do options+=(--volume "$dir:$dir"); done < <(shared_folders)
    exec "$engine" "${options[@]}" "$tag" "$@"
}

build_image() {
    mkdir -p "$CACHE" || die "cannot write to $CACHE: set XDG_CACHE_HOME"
    watched "the image $2 with $1" "$CACHE/image-$1-$SUITE.log" \
        "$1" build --file "$CLONE/docker/Dockerfile" --build-arg "SUITE=$SUITE" --tag "$2" "$CLONE"
}

# Files made in the container belong to the caller; a rootless engine maps its root to the caller.
image_user() {
    if [ "$1" = podman ]; then
        [ "$(id -u)" = 0 ] || echo --userns=keep-id
    elif ! docker info --format '{{.SecurityOptions}}' 2>/dev/null | grep -q rootless; then
        printf '%s\n' --user "$(id -u):$(id -g)"
    fi
}

# The clone, the working directory, home and the temporary folders, each once.
shared_folders() {
    local dir
    for dir in "$CLONE" "$PWD" "$HOME" "${TMPDIR:-/tmp}" /tmp "$CACHE"; do
        case $dir in
            / | /usr | /usr/* | /etc | /etc/* | /bin | /lib*) die "the image cannot show $dir: work in another folder" ;;
        esac
        echo "$dir"
    done | sort -u
}
