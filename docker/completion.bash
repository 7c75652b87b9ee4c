# Completion of `docker/run thermosim …` in Bash: write `. docker/completion.bash` in your shell.
# Where thermosim is installed on PATH, `thermosim --install-completion` is the way.
# shellcheck shell=bash disable=SC2207
_thermosim_in_run() {
    if [ "$COMP_CWORD" -lt 2 ]; then
        COMPREPLY=($(compgen -W thermosim -- "${COMP_WORDS[COMP_CWORD]}"))
    elif [ "${COMP_WORDS[1]}" = thermosim ]; then
        local IFS=$'\n'
        COMPREPLY=($(IFS=' ' && COMP_WORDS="${COMP_WORDS[*]:1}" COMP_CWORD=$((COMP_CWORD - 1)) \
            _THERMOSIM_COMPLETE=complete_bash THERMOSIM_QUIET=1 "$1" thermosim 2>/dev/null))
    fi
}
complete -o default -F _thermosim_in_run docker/run ./docker/run
