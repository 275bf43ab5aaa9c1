#!/bin/sh
# Deploy or upgrade everything: `invoke deploy`, on a machine that has only Python. Arguments and exit code pass through.
# --update-only runs `invoke update`, --preflight runs `invoke plan`, --full and --timestamped name the defaults.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/prepare.sh"

modes=
for argument; do
    shift
    case $argument in
        --full) modes="$modes, deploy" ;;
        --update-only) modes="$modes, update" ;;
        --preflight) modes="$modes, plan" ;;
        --timestamped) ;;
        *) set -- "$@" "$argument" ;;
    esac
done
word=${modes#, }
case $word in
    '') word=deploy ;;
    *,*)
        echo "error: these switches ask for different things" >&2
        echo "why:   they mean: $word" >&2
        echo "fix:   give one of --full, --update-only, --preflight" >&2
        exit 2
        ;;
esac

prepare "$root" ops
cd "$root"
exec .venv/bin/python -m invoke "$word" "$@"
