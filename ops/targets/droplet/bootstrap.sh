#!/bin/sh
# Which host does a release need, and how does this one become it? Safe to run again: what is right stays as it is.
# Run as root: by cloud-init on a fresh droplet, or over SSH. With arguments it does one of its functions alone.
set -eu

version=@VERSION@

say() { printf 'slipway: %s\n' "$*"; }

fail() { # fail WHAT WHY FIX: the last words
  printf 'error: %s\nwhy:   %s\nfix:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

last_words() {
  code=$?
  [ -z "${scratch:-}" ] || rm -rf "$scratch"
  [ "$code" -eq 0 ] || printf 'slipway: the bootstrap stopped at: %s\n' "$doing" >&2
}
doing='the beginning'
trap last_words EXIT

step() {
  doing=$1
  say "$1"
}

put() { # put MODE PATH: write stdin there by rename; succeed only when the content is new
  # Callers ask with `||`, which switches `set -e` off: what must not go wrong here says so itself. Never in a pipe.
  cat >"$scratch/put" || unwritable "$scratch/put"
  if [ -f "$2" ] && cmp -s "$scratch/put" "$2"; then
    chmod "$1" "$2" || unwritable "$2"
    return 1
  fi
  mkdir -p "$(dirname "$2")" || unwritable "$2"
  install -m "$1" "$scratch/put" "$2.slipway-new" || unwritable "$2"
  mv -f "$2.slipway-new" "$2" || unwritable "$2"
}

unwritable() { fail "$1 cannot be written" "$(df -h "$(dirname "$1")" 2>&1 | tail -n 1)" 'df -h /'; }

apt() {
  # Nothing that is here goes away for what we add: Docker's own packages and Debian's exclude each other.
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o APT::Get::Remove=false -o Dpkg::Options::=--force-confold "$@" >>"$scratch/apt" 2>&1 </dev/null
}

add() { # add PACKAGES: wait for whoever else installs some, and try again when the network hiccups
  tries=0
  until : >"$scratch/apt" && apt update && apt install --no-install-recommends "$@"; do
    tries=$((tries + 1))
    ! grep -q 'remove is disabled' "$scratch/apt" || fail 'what has to be added would remove packages of this host' \
      "$(sed -n '/will be REMOVED/,/^[^ ]/ s/^  *//p' "$scratch/apt" | tr '\n' ' ')" \
      "install what is missing beside them, with Docker's own: sudo apt-get install docker-compose-plugin docker-buildx-plugin"
    if grep -q -e 'Could not get lock' -e 'Unable to lock' "$scratch/apt"; then most=60; else most=3; fi
    if [ "$tries" -ge "$most" ]; then
      tail -n 20 "$scratch/apt" >&2
      fail 'the packages cannot be installed' "$(grep -e '^[EW]: ' "$scratch/apt" | head -n 1)" \
        'invoke deploy, once the package mirrors answer'
    fi
    sleep 5
  done
}

installed() { dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null | grep -c '^install ok installed$'; }

check_host() {
  [ "$(id -u)" -eq 0 ] || fail 'the bootstrap needs root' "it runs as $(id -un)" 'sudo sh bootstrap.sh'
  [ -d /run/systemd/system ] || fail 'this host has no systemd' 'services and updates need it' 'use Debian 13 or newer, or Ubuntu 24.04 or newer'
  command -v apt-get >/dev/null || fail 'this host has no apt' 'packages come by it' 'use Debian 13 or newer, or Ubuntu 24.04 or newer'
}

configure_engine() { # before the engine starts for the first time; what the host itself has there stays
  step 'engine configuration'
  engine_changed=no
  command -v python3 >/dev/null || add python3
  engine_words >"$scratch/words"
  cat >"$scratch/ours.json" <<'JSON'
@DAEMON_JSON@
JSON
  cat >"$scratch/merge.py" <<'PYTHON'
@DAEMON_MERGE@
PYTHON
  config=$(readlink -m /etc/docker/daemon.json)
  python3 "$scratch/merge.py" "$config" /etc/slipway/daemon.json "$scratch/ours.json" "$scratch/words" "$scratch" || exit 1
  if [ -e "$scratch/daemon.json" ]; then
    check_configuration
    [ ! -e "$config" ] || cp -p "$config" "$config.before-slipway-$(date -u +%Y%m%dT%H%M%SZ)" || unwritable "$config"
    mode=$(stat -c %a "$config" 2>/dev/null || echo 644)
    put "$mode" "$config" <"$scratch/daemon.json" && engine_changed=yes
  fi
  put 644 /etc/slipway/daemon.json <"$scratch/added.json" || true
}

engine_words() { # the command line of the engine, a word a line: what stands there must not be in its file
  pid=$(systemctl show -p MainPID --value docker 2>/dev/null || true)
  if [ "${pid:-0}" -gt 0 ]; then
    tr '\0' '\n' <"/proc/$pid/cmdline"
  else
    systemctl show -p ExecStart --value docker 2>/dev/null | sed -n 's/.*argv\[\]=\([^;]*\);.*/\1/p' | tr ' ' '\n' || true
  fi
}

check_configuration() { # before it has its name: an engine that cannot read it would not start again
  command -v dockerd >/dev/null || return 0
  ! dockerd --validate --config-file "$scratch/daemon.json" >"$scratch/valid" 2>&1 || return 0
  ! grep -q 'unknown flag: --validate' "$scratch/valid" || return 0 # of before Docker 23
  fail 'the Docker Engine refuses its configuration with our keys in it' "$(tail -n 1 "$scratch/valid")" \
    'sudo dockerd --validate --config-file /etc/docker/daemon.json'
}

has_engine() { docker compose version && docker buildx version && systemctl is-enabled docker; }

engine_packages() { # what brings the Docker Engine with Compose and Buildx, by the names of this distribution
  case $(sed -n 's/^ID="\{0,1\}\([a-z]*\).*/\1/p' "${os_release:-/etc/os-release}") in
    ubuntu) echo docker.io docker-compose-v2 docker-buildx ;; # docker.io has the command line in it
    *) echo docker.io docker-cli docker-compose docker-buildx ;;
  esac
}

install_packages() {
  step 'packages'
  dpkg --configure -a >/dev/null 2>&1 || true # an installation that was cut
  had_updates=no
  [ "$(installed unattended-upgrades)" -eq 0 ] || had_updates=yes
  set -- python3 iproute2 ca-certificates unattended-upgrades
  # shellcheck disable=SC2046 # several words are meant
  has_engine >/dev/null 2>&1 || set -- "$@" $(engine_packages)
  [ "$(installed "$@")" -ge $# ] || add "$@"
  has_engine >/dev/null 2>&1 || fail 'the packages bring no usable Docker Engine' \
    'docker compose and docker buildx have to be there' 'use Debian 13 or newer (DROPLET_IMAGE=debian-13-x64), or Ubuntu 24.04 or newer'
}

outlive_restarts() { # what visitors reach stays within reach while the engine is away
  step 'engine restarts'
  put 755 /usr/local/sbin/slipway-engine-away <<'PYTHON' || true
@ENGINE_AWAY@
PYTHON
  put 644 /etc/systemd/system/docker.service.d/slipway.conf <<'UNIT' || true
[Service]
ExecStop=-/usr/bin/python3 /usr/local/sbin/slipway-engine-away leaving
ExecStopPost=-/usr/bin/python3 /usr/local/sbin/slipway-engine-away away
ExecStartPre=-/usr/bin/python3 /usr/local/sbin/slipway-engine-away away
ExecStartPost=-/usr/bin/python3 /usr/local/sbin/slipway-engine-away back
UNIT
  systemctl daemon-reload
}

start_engine() {
  step 'engine'
  if ! docker version >/dev/null 2>&1; then
    systemctl restart docker || fail 'the Docker Engine does not start' \
      "$(journalctl -q -u docker -n 3 -o cat --grep 'fail|error' | tail -n 1)" 'journalctl -u docker'
  elif [ "$engine_changed" = yes ] && ! engine_is_fresh; then
    systemctl reload docker # live-restore first: then the restart leaves the containers running
    restart_engine
  fi
  docker version >/dev/null || fail 'the Docker Engine does not answer' 'it was started a moment ago' 'journalctl -u docker'
}

restart_engine() {
  running=$(docker ps --format '{{.Names}}' | tr '\n' ' ')
  if [ -z "$running" ] || [ "$(docker info --format '{{.LiveRestoreEnabled}}')" = true ]; then
    [ -z "$running" ] || say "the Docker Engine restarts, these run on: $running"
    systemctl restart docker
  else
    say "the Docker Engine is not restarted, because without live-restore these would stop: $running"
    say 'part of its configuration holds from its next restart on: sudo systemctl restart docker'
  fi
}

engine_is_fresh() { # it was started after its configuration was written
  pid=$(systemctl show -p MainPID --value docker)
  [ -n "$(find "/proc/$pid" -maxdepth 0 -newer /etc/docker/daemon.json 2>/dev/null)" ]
}

update_by_itself() {
  step 'security updates'
  put 644 /etc/apt/apt.conf.d/01slipway <<'CONF' || true
// Read before all others: what this host says itself in another file counts.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
APT::Periodic::AutocleanInterval "7";
CONF
  daily=''
  eval "$(apt-config shell daily APT::Periodic::Unattended-Upgrade)"
  [ "$daily" != 0 ] || say 'this host has switched its security updates off, and it stays so: apt-config dump APT::Periodic'
  for timer in apt-daily.timer apt-daily-upgrade.timer; do
    if [ "$had_updates" = yes ] && ! systemctl is-enabled --quiet "$timer" 2>/dev/null; then
      say "this host has switched $timer off, and it stays so"
    else
      systemctl enable --now "$timer" >/dev/null 2>&1 || true
    fi
  done
}

is_container() { systemd-detect-virt --quiet --container; } # its kernel and its memory are somebody else's

add_swap() {
  if is_container; then return 0; fi
  [ "$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)" -lt 2097152 ] || return 0
  [ -z "$(swapon --noheadings --show=NAME)" ] || return 0
  step 'swap'
  made_swap=no
  [ -e /swapfile ] || made_swap=yes
  [ -e /swapfile ] || { (umask 077 && dd if=/dev/zero of=/swapfile.new bs=1M count=1024 status=none) &&
    mkswap -q /swapfile.new >/dev/null && mv /swapfile.new /swapfile; }
  if ! swapon /swapfile 2>"$scratch/swap"; then
    say "no swap: $(cat "$scratch/swap")"
    [ "$made_swap" = no ] || rm -f /swapfile
    return 0
  fi
  grep -q '^/swapfile[[:space:]]' /etc/fstab && return 0
  [ -z "$(tail -c 1 /etc/fstab)" ] || echo >>/etc/fstab # a last line without an end
  printf '/swapfile none swap sw 0 0\n' >>/etc/fstab
}

tune_kernel() { # Redis forks to save; HTTP/3 wants larger UDP buffers. What the kernel does not have is left out.
  if is_container; then return 0; fi
  rm -f /etc/sysctl.d/60-slipway.conf # of earlier bootstraps: there it came after files of the host's own
  put 644 /etc/sysctl.d/00-slipway.conf <<'CONF' || true
# Read before all others: what this host says itself in another file counts.
-vm.overcommit_memory = 1
-net.core.rmem_max = 7500000
-net.core.wmem_max = 7500000
CONF
  raise vm.overcommit_memory 1
  raise net.core.rmem_max 7500000
  raise net.core.wmem_max 7500000
}

raise() { # raise KEY VALUE: now; a larger one is the host's own and stays
  now=$(sysctl -n "$1" 2>/dev/null || echo "$2")
  [ "$now" -ge "$2" ] || sysctl -q -w "$1=$2" >/dev/null 2>&1 || true
}

@LOGINS@

main() {
  scratch=$(mktemp -d)
  check_host
  make_user
  configure_engine
  install_packages
  outlive_restarts
  start_engine
  update_by_itself
  add_swap
  tune_kernel
  install -d -m 711 /var/lib/slipway
  install -d -m 700 /var/lib/slipway/blobs /var/lib/slipway/runs
  # The last act: whoever reads it may rely on all above.
  put 644 /etc/slipway/bootstrap <<VERSION || true
$version
VERSION
  doing='the end'
  say 'ready'
}

only() { # only FUNCTION ARGUMENTS
  scratch=$(mktemp -d)
  check_host
  "$@"
  doing='the end'
}

if [ $# -gt 0 ]; then
  only "$@"
  exit
fi
main
