#!/bin/sh
# Check the code: the nox sessions lint, types, unit, schedules, integration and rehearsal. Arguments go to nox: check.sh -s unit -- -k lock
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/prepare.sh"

prepare "$root" dev
cd "$root"
exec .venv/bin/nox "$@"
