# shellcheck shell=sh
# Sourced by the wrappers: finds Python 3.11 or newer and lets bootstrap.py make `.venv` what a lock says.

find_python() {
    for name in python3 python python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    {
        echo "error: no Python 3.11 or newer was found"
        echo "why:   python3 is $(python3 --version 2>&1 | tail -n 1)"
        echo "fix:   install Python 3.11 or newer, so that python3 or python3.11 to python3.14 is on the PATH"
    } >&2
    return 4
}

# prepare ROOT LOCK: leaves ROOT/.venv ready for requirements/LOCK.txt, or ends the wrapper with the reason
prepare() {
    bootstrap=$1/scripts/bootstrap.py
    if "$1/.venv/bin/python" -I -S "$bootstrap" --check "$2" 2>/dev/null; then
        return
    fi
    python=$(find_python) || exit $?
    "$python" "$bootstrap" "$2" || exit $?
}
