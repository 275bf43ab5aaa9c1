#!/bin/sh
# Verify what runs, changing nothing: `invoke verify`. Arguments and exit code pass through; --timestamped names the
# default.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/prepare.sh"

for argument; do
    shift
    [ "$argument" = --timestamped ] || set -- "$@" "$argument"
done

prepare "$root" ops
cd "$root"
exec .venv/bin/python -m invoke verify "$@"
