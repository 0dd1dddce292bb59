# The command with the docker CLI and ssh: a plugin of Woodpecker and Drone, and an image for jobs of GitLab CI.
#
#   docker build --tag registry.example.com/swarm-deploy .
#
# BASE has the docker CLI and ssh, and INSTALL adds the Node that it lacks.
ARG BASE=docker:28-cli
FROM ${BASE}
ARG INSTALL="apk add --no-cache nodejs"
RUN ${INSTALL} && mkdir -p /usr/local/bin && ln -s /opt/swarm-deploy/dist/cli.js /usr/local/bin/swarm-deploy
COPY action.yml package.json LICENSE /opt/swarm-deploy/
COPY dist /opt/swarm-deploy/dist
ENTRYPOINT ["node", "/opt/swarm-deploy/dist/cli.js"]
