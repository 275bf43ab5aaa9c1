#!/bin/sh
# Check the code: says what will run and how it ended. --help explains, --quick is lint, types and unit; other arguments
# go to nox: check.sh -s unit -- -k lock
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/prepare.sh"

case ${1-} in
-h | --help) # for which nothing has to be installed
    python=$(find_python) || exit $?
    cd "$root"
    exec "$python" -S -B -m scripts.checks --help
    ;;
esac
prepare "$root" dev
cd "$root"
exec .venv/bin/python -m scripts.checks "$@"
