#!/bin/sh
# Fetches the Docker daemon of a newer release of Debian, beside the installed one, and prints the folder to put first on
# the PATH; its docker command is in the folder `cli` beside that. Installs nothing: a private root of apt, with the mirror
# and the keys that this machine trusts.
#
#   sh lab/engines/newer.sh trixie
set -eu
release=${1:?"which release of Debian?"}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/swarm-deploy/docker-$release
if [ -x "$cache/bin/dockerd" ] && [ -x "$cache/bin/containerd" ] && [ -x "$cache/cli/docker" ]; then
  echo "$cache/bin"
  exit 0
fi

fail() {
  echo "$1" >&2
  exit 1
}
command -v apt-get >/dev/null || fail 'A newer daemon comes from Debian, and this system has no apt-get.'
# shellcheck disable=SC2016 # words of apt
mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian Debian //p' | head -n 1)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -n "$mirror" ] && [ -e "$keys" ] || fail "A newer daemon comes from Debian, and this system's apt knows no mirror of it: apt-get update."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/root" "$work/etc"
: >"$work/state/status"
echo "deb [signed-by=$keys] $mirror $release main" >"$work/etc/sources.list"
cat >"$work/apt.conf" <<CONF
Dir::State "$work/state";
Dir::State::status "$work/state/status";
Dir::Cache "$work/cache";
Dir::Etc "$work/etc";
Dir::Etc::Parts "$work/etc";
APT::Sandbox::User "root";
CONF
# How this machine reaches the mirror: proxies and the like.
apt-config dump Acquire >>"$work/apt.conf"
export APT_CONFIG="$work/apt.conf"

apt-get update --quiet >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; fail "The lists of $release could not be fetched."; }
(cd "$work" && apt-get download --quiet docker.io docker-cli containerd >"$work/log" 2>&1) || {
  tail -n 5 "$work/log" >&2
  fail "The packages of $release could not be fetched."
}
for package in "$work"/*.deb; do dpkg -x "$package" "$work/root"; done
mkdir -p "$cache/bin"
for program in dockerd docker-proxy docker-init containerd containerd-shim-runc-v2; do
  # Completions of shells have the same names.
  found=$(find "$work/root/usr" -type f -perm -u+x -name "$program" | head -n 1)
  [ -z "$found" ] || cp "$found" "$cache/bin/.$program"
done
{ "$cache/bin/.dockerd" --version && "$cache/bin/.containerd" --version; } >/dev/null || fail "The daemon of $release does not run on this system."
for program in "$cache"/bin/.[a-z]*; do mv "$program" "$cache/bin/${program##*/.}"; done
mkdir -p "$cache/cli"
cp "$work/root/usr/bin/docker" "$cache/cli/.docker"
"$cache/cli/.docker" --version >/dev/null || fail "The docker command of $release does not run on this system."
mv "$cache/cli/.docker" "$cache/cli/docker"
echo "$cache/bin"
