# shellcheck shell=bash
# Route 3: the image of docker/Dockerfile, by Docker or Podman.

engine_answers() { command -v "$1" >/dev/null && timeout 5 "$1" info >/dev/null 2>&1; }

run_in_image() {
    local engine=$1 why=$2 tag dir name
    shift 2
    tag=thermosim-env:$SUITE-$(python_hash)
    "$engine" image inspect "$tag" >/dev/null 2>&1 || build_image "$engine" "$tag"
    say "using the image $tag: $why"
    set_environment "$engine"
    set_debian_environment
    # Read-only: what would be written beside the folders shown would be gone at the end.
    local options=(run --rm --interactive --init --read-only --tmpfs /run --tmpfs /var/tmp
        --workdir "$PWD" --env HOME
        --env TMPDIR="${TMPDIR:-/tmp}" --env PATH="$INSIDE_PATH")
    [ ! -t 0 ] || [ ! -t 1 ] || options+=(--tty --env TERM)
    for name in "${HANDED_ON[@]}"; do options+=(--env "$name"); done
    for dir in "${!THERMOSIM_@}"; do options+=(--env "$dir"); done
    mapfile -t -O ${#options[@]} options < <(image_user "$engine")
    # The forms compiled in the image, kept between runs apart from those of other routes.
    mkdir -p "$CACHE/forms-$SUITE-$(debian_hash)"
    options+=(--env XDG_CACHE_HOME="$CACHE/forms-$SUITE-$(debian_hash)")
    while read -r dir; do options+=(--volume "$dir:$dir"); done < <(shared_folders)
    # What waits at the other end sees the engine's client end, even by SIGKILL, and takes the
    # container along.
    name=thermosim-$$-$RANDOM
    exec 9> >(exec setsid bash -c 'cat; exec "$@"' - "$engine" rm --force "$name" >/dev/null 2>&1)
    exec "$engine" "${options[@]}" --name "$name" "$tag" "$@"
}

build_image() {
    local engine=$1 tag=$2 file name
    local options=(build --file "$CLONE/docker/Dockerfile" --target environment --build-arg "SUITE=$SUITE" --tag "$tag")
    for name in http_proxy https_proxy no_proxy; do
        [ -z "${!name:-}" ] || options+=(--build-arg "$name=${!name}")
    done
    for file in "${PIP_CERT:-}" "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do
        [ -f "$file" ] && { options+=(--secret "id=certificates,src=$file"); break; }
    done
    for file in "${PIP_CONFIG_FILE:-}" "${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf" /etc/pip.conf; do
        [ -f "$file" ] && { options+=(--secret "id=pip.conf,src=$file"); break; }
    done
    mkdir -p "$CACHE" || die "cannot write to $CACHE: set XDG_CACHE_HOME"
    watched "the image $tag with $engine" "$CACHE/image-$engine-$SUITE.log" "$engine" "${options[@]}" "$CLONE"
    rm -f "$CACHE/image-$engine-$SUITE.log"
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
            *:*) die "the image cannot show $dir: its name has a colon" ;;
            / | /usr | /usr/* | /etc | /etc/* | /bin | /lib*) die "the image cannot show $dir: work in another folder" ;;
        esac
        echo "$dir"
    done | sort -u
}
