#!/bin/sh
# Deploy or upgrade everything: `invoke deploy`, on a machine that has only Python. Arguments and exit code pass through.
# --update-only runs `invoke update`, --preflight runs `invoke plan`, --full and --timestamped name the defaults.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/prepare.sh"

word=deploy
for argument; do
    shift
    case $argument in
        --full) word=deploy ;;
        --update-only) word=update ;;
        --preflight) word=plan ;;
        --timestamped) ;;
        *) set -- "$@" "$argument" ;;
    esac
done

prepare "$root" ops
cd "$root"
exec .venv/bin/invoke "$word" "$@"
