#!/bin/sh
# What is on this host already? Waits for what is starting, reads, and changes nothing.
# Run as root with one argument: the most seconds to wait. Progress comes first, then a section for each question.
set -u
left=${1:-0}

say() { printf 'slipway: %s\n' "$*"; }

section() { printf '[%s]\n' "$1"; }

has_docker() { command -v docker >/dev/null && [ -d /run/systemd/system ]; }

answers() { timeout 10 docker version >/dev/null 2>&1; }

engine_starts() { # it is about to, or will be once those before it are there
  case $(systemctl show -p ActiveState --value docker.service 2>/dev/null) in
    activating | reloading) return 0 ;;
    inactive)
      systemctl is-enabled --quiet docker.service 2>/dev/null || return 1
      case $(systemctl is-system-running 2>/dev/null) in initializing | starting) return 0 ;; esac
      ;;
  esac
  return 1
}

starting() { # name what is on its way; a container that ended again and again is not
  if engine_starts; then # it is not asked: its socket, which is there before, would let us wait in silence
    echo 'the Docker Engine'
    return 0
  fi
  answers || return 0
  docker ps --all --quiet --filter label=slipway.service | xargs -r docker inspect --format \
    '{{.Name}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}} {{.RestartCount}}' 2>/dev/null |
    awk '$NF < 3 && ($2 == "restarting" || ($2 == "running" && $3 == "starting")) { print substr($1, 2) }' | sort
}

uptime_s() { cut -d . -f 1 /proc/uptime; }

wait_for_starts() {
  last=''
  end=$(($(uptime_s) + left))
  while [ -n "$(starting >"$names" 2>/dev/null; cat "$names")" ]; do
    now=$(paste -s -d ' ' "$names")
    if [ "$(uptime_s)" -ge "$end" ]; then
      say "still starting: $now"
      return 0
    fi
    [ "$now" = "$last" ] || say "waiting for what is starting: $now"
    last=$now
    sleep 1
  done
  [ -z "$last" ] || say 'all that was starting is there'
}

free() { # free FOLDER: where it is or will be
  folder=$1
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  df -Pk "$folder" | awk -v folder="$1" 'NR == 2 { print $4, folder }'
}

groups() { # the control group of each process that holds one of our ports: it names its unit, or its container
  for pid in $(sockets | grep -o 'pid=[0-9]*' | cut -d = -f 2 | sort -u); do
    printf '%s %s\n' "$pid" "$(tr '\n' ' ' <"/proc/$pid/cgroup" 2>/dev/null)"
  done
}

sockets() { ss -Hltunp '( sport = :80 or sport = :443 )' 2>/dev/null; }

words() { # the engine's command line, a word a line
  pid=$(systemctl show -p MainPID --value docker 2>/dev/null)
  [ "${pid:-0}" -le 0 ] || tr '\0' '\n' <"/proc/$pid/cmdline"
}

names=$(mktemp)
trap 'rm -f "$names"' EXIT
! has_docker || wait_for_starts
section sockets
sockets
section groups
groups
section containers
timeout 20 docker ps --all --no-trunc --format \
  '{{.ID}}|{{.Names}}|{{.State}}|{{.Label "slipway.service"}}{{.Label "slipway.job"}}|{{.Image}}|{{.Ports}}' 2>/dev/null
section engine
printf 'program=%s\n' "$(readlink -f "$(command -v docker || echo /)")"
docker --version 2>/dev/null | sed 's/^/version=/'
engine=$(timeout 10 docker info --format 'swarm={{.Swarm.LocalNodeState}}
live_restore={{.LiveRestoreEnabled}}
data_root={{.DockerRootDir}}' 2>/dev/null)
printf '%s\n' "$engine"
section words
words
section disk
free /var/lib/slipway
root=$(printf '%s\n' "$engine" | sed -n 's#^data_root=/#/#p')
free "${root:-/var/lib/docker}"
section state
ls /var/lib/slipway/state.json 2>/dev/null
section memory
grep -E '^(MemTotal|MemAvailable|SwapFree):' /proc/meminfo
section record
cat /etc/slipway/daemon.json 2>/dev/null
section daemon.json
cat /etc/docker/daemon.json 2>/dev/null
exit 0
