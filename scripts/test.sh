#!/bin/sh
# Verify what runs, changing nothing: `invoke verify`. Arguments and exit code pass through.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/prepare.sh"

prepare "$root" ops
cd "$root"
exec .venv/bin/invoke verify "$@"
