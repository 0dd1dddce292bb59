#!/bin/sh
# Installs what a lab needs from Debian or Ubuntu, once. Silent and quick when everything is there; starts no daemon.
set -eu
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

packages=''
# Units that a package would start at every boot, and that nobody asked for.
units=''

need() { # tool, package, its units
  command -v "$1" >/dev/null && return
  packages="$packages $2"
  units="$units ${3-}"
}

need dockerd docker.io 'docker.service docker.socket containerd.service'
need docker-registry docker-registry docker-registry.service
need ip iproute2
need iptables iptables
need openssl openssl
need unshare util-linux
need setpriv util-linux
need sshd openssh-server 'ssh.service ssh.socket'
dpkg --listfiles busybox-static >/dev/null 2>&1 || packages="$packages busybox-static"
# Newer releases have the command apart from the daemon; where it comes with it, this name is not known.
if ! command -v docker >/dev/null && apt-cache show docker-cli >/dev/null 2>&1; then packages="$packages docker-cli"; fi

[ -n "$packages" ] || exit 0

fail() {
  echo "$1" >&2
  exit 1
}
command -v apt-get >/dev/null || fail "The lab needs$packages, and this system has no apt-get to install them with."
[ "$(id -u)" -eq 0 ] || fail "The lab needs$packages, and only root can install them: try sudo."

log=$(mktemp)
guard=/usr/sbin/policy-rc.d
kept=$guard.before-swarm-deploy-lab
restore() {
  rm -f "$log" "$guard"
  [ ! -e "$kept" ] || mv "$kept" "$guard"
}
trap restore EXIT
trap 'exit 130' INT TERM HUP
# One that is kept already is from a run that was killed, and then the guard is that run's.
[ -e "$kept" ] || [ ! -e "$guard" ] || mv "$guard" "$kept"
printf '#!/bin/sh\nexit 101\n' >"$guard"
chmod 755 "$guard"

install() {
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends --no-remove $packages >"$log" 2>&1
}
update() {
  apt-get update --quiet >"$log" 2>&1
}

echo "Installing for the lab:$packages"
ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || update || true
# Old lists name versions that are no longer there.
install || { update && install; } || {
  tail -n 5 "$log" >&2
  fail "The lab's packages could not be installed."
}

if [ -d /run/systemd/system ]; then
  # shellcheck disable=SC2086 # a list of words
  [ -z "$units" ] || systemctl disable --quiet $units >/dev/null 2>&1 || true
fi
