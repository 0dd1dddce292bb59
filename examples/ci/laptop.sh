#!/bin/sh
# From a laptop: what a deploy would do, a question, and the deploy. The key is one of the agent; the password is asked for.
set -eu
swarm_deploy="node $HOME/src/swarm-deploy/dist/cli.js"

export SWARM_DEPLOY_HOST=ssh://deploy@swarm.example.com
export SWARM_DEPLOY_SSH_KNOWN_HOSTS="swarm.example.com SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
export SWARM_DEPLOY_REGISTRY=registry.example.com
export SWARM_DEPLOY_USERNAME="$USER"

printf 'Password of %s: ' "$USER" >&2
trap 'stty echo' EXIT
stty -echo
read -r SWARM_DEPLOY_PASSWORD
stty echo
printf '\n' >&2
export SWARM_DEPLOY_PASSWORD

$swarm_deploy plan --stack shop --compose-file compose.yml
printf '\nDeploy this? [y/N] ' >&2
read -r answer
[ "$answer" = y ] || exit 0
$swarm_deploy deploy --stack shop --compose-file compose.yml --lock
