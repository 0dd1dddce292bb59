import { expect, test } from '@jest/globals'
import { locateComplaint } from '../../../../src/inputs/compose/complaints.ts'
import { parseYaml, type YamlMap } from '../../../../src/inputs/yaml.ts'

const FILE = `services:
  web:
    image: x
    deploy:
      replica: 2
      update_config: {paralelism: 2}
      resources:
        reservations:
          devices: []
    ports:
      - {target: 80, publish: 80}
networks:
  back:
    enable_ipv6: true
    atachable: true
`

test.each([
  ['services.web.deploy Additional property replica is not allowed', 5, 'did you mean `replicas`?'],
  ['services.web.deploy.update_config Additional property paralelism is not allowed', 6, 'did you mean `parallelism`?'],
  [
    'services.web.deploy.resources.reservations Additional property devices is not allowed',
    9,
    'write `generic_resources`',
  ],
  ['services.web.ports.0 Additional property publish is not allowed', 11, 'did you mean `published`?'],
  [
    'networks.back Additional property enable_ipv6 is not allowed',
    14,
    'leave it out: docker stack makes no such networks',
  ],
  ['networks.back Additional property atachable is not allowed', 15, 'did you mean `attachable`?'],
  ['services.web.deploy Additional property colour is not allowed', 4, 'it knows `mode`, `endpoint_mode`'],
  ['services.web.deploy Additional property constraints is not allowed', 4, 'write it under `placement`'],
  ['services.web.deploy Additional property limits is not allowed', 4, 'write it under `resources`'],
  ['services.web.deploy Additional property condition is not allowed', 4, 'write it under `restart_policy`'],
  ['services.web.deploy Additional property healthcheck is not allowed', 4, 'write it beside `deploy`'],
  // Of two policies it may be either.
  ['services.web.deploy Additional property parallelism is not allowed', 4, 'it knows `mode`, `endpoint_mode`'],
])('%s', (message, line, advice) => {
  const files = [{ path: 'c.yml', root: parseYaml(FILE).root as YamlMap }]
  const told = locateComplaint(files, message)
  expect(told).toMatch(`c.yml line ${line}: docker refuses it: ${message}: ${advice}`)
})

test.each([
  'services.web Additional property oom_score_adj is not allowed',
  'services.web.healthcheck Additional property start_interval is not allowed',
  'services.web.networks.ports Additional property driver_opts is not allowed',
  'networks.back Additional property labels is not allowed',
])('a key that only newer versions of docker know: %s', (message) => {
  const files = [{ path: 'c.yml', root: parseYaml(FILE).root as YamlMap }]
  expect(locateComplaint(files, message)).toMatch(
    /: the docker CLI of this runner is too old for it: install a newer one in a step before, or leave it out$/,
  )
})

test('a key of a network that a service joins is told by what it was meant to be', () => {
  const files = [{ path: 'c.yml', root: parseYaml(FILE).root as YamlMap }]
  expect(locateComplaint(files, 'services.web.networks.back Additional property alias is not allowed')).toMatch(
    /: did you mean `aliases`\?$/,
  )
})

test('a complaint that nobody knows stays as it is', () => {
  const files = [{ path: 'c.yml', root: parseYaml(FILE).root as YamlMap }]
  expect(locateComplaint(files, 'services.web.image is not nice')).toBe(
    'c.yml line 3: docker refuses it: services.web.image is not nice',
  )
})

/** What is wrong in the second service, all that docker says of it, and what is told behind the place. */
const WRONG: readonly (readonly [lines: string, complaint: string, line: number, told: string])[] = [
  ['user: 1000', 'services.web.user must be a string', 5, 'put it in quotes'],
  ['user: [a]', 'services.web.user must be a string', 5, 'write one text'],
  ['tty: "yes"', 'services.web.tty must be a boolean', 5, 'write `true` or `false` without quotes'],
  [
    'init: "${INIT}"',
    'services.web.init must be a boolean',
    5,
    'docker takes no variable there: write the value itself',
  ],
  ['cap_add: ALL', 'services.web.cap_add must be a list', 5, 'write a list, as in `[a, b]`'],
  ['volumes: {a: /b}', 'services.web.volumes must be a list', 5, 'write a list, each item with a dash before it'],
  ['ulimits: [a=1]', 'services.web.ulimits must be a mapping', 5, 'leave the dashes off'],
  ['healthcheck: a', 'services.web.healthcheck must be a mapping', 5, 'write `key: value` below it'],
  ['healthcheck: ', 'services.web.healthcheck must be a mapping', 5, 'write a value, or leave the key out'],
  [
    'labels:\n      - a\n      - b: c',
    'services.web.labels.1 must be a string',
    7,
    'it is a mapping because of the colon and the blank: write `NAME=value`, or leave the dashes off',
  ],
  [
    'command: [sh, echo: a]',
    'services.web.command.1 must be a string',
    5,
    'it is a mapping because of the colon and the blank: put all of it in quotes',
  ],
  ['networks: [{a: {}}]', 'services.web.networks.0 must be a string', 5, 'it is a mapping: write a name or text alone'],
  ['cap_add: [A, A]', 'services.web.cap_add array items[0,1] must be unique', 5, 'leave one of the two out'],
  ['ulimits: {a: {soft: 1}}', 'services.web.ulimits.a hard is required', 5, 'write its `hard`'],
  [
    'stop_grace_period: 10',
    'services.web.stop_grace_period must be a string',
    5,
    'a duration such as `10s` or `1m30s`',
  ],
  [
    'stop_grace_period: 1x',
    "services.web.stop_grace_period Does not match format 'duration'",
    5,
    'write a duration such',
  ],
  [
    'labels:\n      a: b\n      traefik.enable: true',
    'services.web.labels.traefik.enable must be a string, number or null',
    7,
    'put it in quotes',
  ],
  [
    'labels:\n      a: b\n      "a b/c.d: e": true',
    'services.web.labels.a b/c.d: e must be a string, number or null',
    7,
    'put it in quotes',
  ],
  [
    'volumes:\n      - {type: tmpfs, target: /a, tmpfs: {size: -1}}',
    'services.web.volumes.0.tmpfs.size Must be greater than or equal to 0',
    6,
    'write 0 or more',
  ],
  [
    'volumes: [{type: cluster, source: a, target: /a}]',
    'service web: undefined volume "a"',
    5,
    'add it to the top-level `volumes`',
  ],
  [
    'secrets: [a, a]',
    'service web: duplicate secret target for s_a not allowed',
    5,
    'give one of the two another `target`',
  ],
  [
    'configs: [a, a]',
    'service web: duplicate config target for s_a not allowed',
    5,
    'give one of the two another `target`',
  ],
  [
    'deploy:\n      replicas: 1.5',
    'services.web.deploy.replicas must be a integer',
    6,
    'write a whole number without quotes or unit',
  ],
  // The key is the user's own.
  ['labels: {delay: true}', 'services.web.labels.delay must be a string, number or null', 5, 'put it in quotes'],
  [
    'deploy:\n      resources: {limits: {cpus: 0.5}}',
    'services.web.deploy.resources.limits.cpus must be a string',
    6,
    'write a number in quotes, such as `"0.5"`',
  ],
  [
    'ports:\n      - 80:80\n      - abc',
    "services.web.ports.1 Does not match format 'ports'",
    7,
    'write it like `"8080:80"` or `"8080:80/udp"`, with ports up to 65535',
  ],
  [
    'secrets: [{source: a, mode: "0400"}]',
    'services.web.secrets.0.mode must be a number',
    5,
    'write it without quotes, such as `0440`',
  ],
  [
    'credential_spec:\n      file: a',
    'service web: invalid credential spec: cannot specify both "File" and "Registry"',
    5,
    'leave one of the two out',
  ],
  [
    'volumes: [{type: npipe, target: /x}]',
    'service web: invalid npipe source, source cannot be empty',
    5,
    'write its `source`',
  ],
  ['deploy:\n      mode: replicate', 'service web: Unknown mode: replicate', 6, 'write `replicated`, `global`'],
  ['secrets: [{source: ""}]', 'service web: undefined secret ""', 5, 'write its name alone, or `{source: NAME}`'],
  [
    'environment: {"": a}',
    'services.web.environment Additional property  is not allowed',
    5,
    'write a name before the',
  ],
]

test.each(WRONG)('what to write is told, in the line that it is about: %s', (lines, complaint, line, told) => {
  const root = parseYaml(
    `services:\n  api: {image: x}\n  web:\n    image: x\n    ${lines.replaceAll('\\n', '\n')}\n`,
  ).root
  const [message = ''] = [locateComplaint([{ path: 'c.yml', root: root as YamlMap }], complaint, ['services', 'web'])]
  expect(message.startsWith(`c.yml line ${line}: docker refuses it: ${complaint}: `)).toBe(true)
  expect(message).toContain(told)
})

test.each([
  [
    "decoding failed due to the following error(s):   error decoding 'Deploy.Resources.Limits.memory': invalid suffix: 'x'",
    5,
    "services.web: error decoding 'Deploy.Resources.Limits.memory': invalid suffix: 'x': write a size such as `512M`",
  ],
  [
    `decoding failed due to the following error(s):   error decoding 'Deploy.Resources.Limits.memory': strconv.ParseFloat: parsing "0x5": invalid syntax`,
    5,
    `services.web: error decoding 'Deploy.Resources.Limits.memory': strconv.ParseFloat: parsing "0x5": invalid syntax: write a size such as \`512M\``,
  ],
  [
    'service web: value is too precise',
    5,
    'service web: value is too precise: write at most 9 digits behind the point',
  ],
  [
    "decoding failed due to the following error(s):   cannot parse 'HealthCheck.Retries', -1 overflows uint",
    6,
    "services.web: cannot parse 'HealthCheck.Retries', -1 overflows uint: write 0 or more",
  ],
  [
    "decoding failed due to the following error(s):   error decoding 'Volumes[1]': invalid empty volume spec",
    9,
    "services.web: error decoding 'Volumes[1]': invalid empty volume spec: write it like `data:/var/lib/data`",
  ],
  [
    "decoding failed due to the following error(s):   error decoding 'Ulimits[nofile]': invalid type float64 for ulimits",
    14,
    "services.web: error decoding 'Ulimits[nofile]': invalid type float64 for ulimits: write a whole number such as 65536",
  ],
  ['invalid mount config for type "bind": field Source must not be empty', 7, 'services.web: invalid mount config'],
  [
    "decoding failed due to the following error(s):   'Volumes[2].Volume.subpath' expected type 'string', got unconvertible type 'int', value: '1'",
    13,
    "services.web: 'Volumes[2].Volume.subpath' expected type 'string', got unconvertible type 'int', value: '1': put it in quotes",
  ],
  [
    "decoding failed due to the following error(s):   'Volumes[2].Volume.subpath' expected type 'string', got unconvertible type '[]interface {}', value: '[a]'",
    13,
    "services.web: 'Volumes[2].Volume.subpath' expected type 'string', got unconvertible type '[]interface {}', value: '[a]': write one text",
  ],
  [
    'panic: interface conversion: interface {} is float64, not int',
    14,
    'services.web: panic: interface conversion: interface {} is float64, not int: write a whole number such as 65536',
  ],
  // As older versions of docker say it.
  [
    "1 error(s) decoding:  * error decoding 'Deploy.Resources.Limits.memory': invalid suffix: 'x'",
    5,
    "services.web: error decoding 'Deploy.Resources.Limits.memory': invalid suffix: 'x': write a size such as `512M`",
  ],
  [
    "1 error(s) decoding:  * cannot parse 'HealthCheck.Retries', -1 overflows uint",
    6,
    "services.web: cannot parse 'HealthCheck.Retries', -1 overflows uint: write 0 or more",
  ],
  [
    "1 error(s) decoding:  * error decoding 'Ports': Invalid containerPort: -1",
    15,
    'services.web: error decoding \'Ports\': Invalid containerPort: -1: write it like `"8080:80"`',
  ],
])('the names that docker has for its own fields are found in the file: %s', (complaint, line, told) => {
  const text = `services:
  web:
    image: x
    deploy:
      resources: {limits: {memory: 5x}}
    healthcheck: {retries: -1}
    volumes:
      - a:/b
      - ""
      - type: volume
        target: /x
        volume:
          subpath: 1
    ulimits: {nofile: 1e3}
    ports: [-1]
`
  const files = [{ path: 'c.yml', root: parseYaml(text).root as YamlMap }]
  const message = locateComplaint(files, complaint, ['services', 'web'])
  expect(message.startsWith(`c.yml line ${line}: docker refuses it: ${told}`)).toBe(true)
})

test.each([
  [
    'error while interpolating services.web.tty: failed to cast to expected type: invalid boolean:',
    'c.yml line 3: docker refuses it: error while interpolating services.web.tty: failed to cast to expected type: invalid boolean: what the variable holds has to be `true` or `false`',
  ],
  [
    "decoding failed due to the following error(s):   cannot parse 'Ports[0].Target', -1 overflows uint",
    "c.yml line 4: docker refuses it: services.web: cannot parse 'Ports[0].Target', -1 overflows uint: write 0 or more",
  ],
])('%s', (complaint, told) => {
  const text = `services:
  web:
    tty: "\${T:-}"
    ports: [{target: -1}]
`
  const files = [{ path: 'c.yml', root: parseYaml(text).root as YamlMap }]
  expect(locateComplaint(files, complaint, ['services', 'web'])).toBe(told)
})

test.each([
  "decoding failed due to the following error(s): cannot parse 'Deploy.Replicas', -2 overflows uint error decoding 'Deploy.Resources.Limits.memory': invalid suffix: 'x'",
  "2 error(s) decoding: * cannot parse 'Deploy.Replicas', -2 overflows uint * error decoding 'Deploy.Resources.Limits.memory': invalid suffix: 'x'",
])('of several values the first is told, and what to write for that: %s', (complaint) => {
  const text =
    'services:\n  web:\n    image: x\n    deploy:\n      replicas: -2\n      resources: {limits: {memory: 5x}}\n'
  const files = [{ path: 'c.yml', root: parseYaml(text).root as YamlMap }]
  expect(locateComplaint(files, complaint, ['services', 'web'])).toBe(
    "c.yml line 5: docker refuses it: services.web: cannot parse 'Deploy.Replicas', -2 overflows uint: write 0 or more",
  )
})

test('an image that is none is told in better words than docker has', () => {
  const text = 'services:\n  web:\n    image: https://${HOST}/x\n'
  const files = [{ path: 'c.yml', root: parseYaml(text).root as YamlMap }]
  const complaint = 'invalid image reference for service web: invalid reference format'
  expect(locateComplaint(files, complaint, ['services', 'web'], () => 'r.test')).toMatch(
    /^c\.yml line 3: services\.web\.image: the image name "https:\/\/r\.test\/x" .*https/,
  )
})

test.each([
  ['services.my.web.user must be a string', 3, 'write one text'],
  ['services.my.web.deploy Additional property replica is not allowed', 4, 'did you mean `replicas`?'],
  ['services.my.other.user must be a string', 1, 'must be a string'],
  ['configs.nginx.conf Additional property labelz is not allowed', 8, 'did you mean `labels`?'],
])('a name may have dots: %s', (message, line, told) => {
  const text = [
    'services:',
    '  my.web:',
    '    user: [1]',
    '    deploy: {replica: 1}',
    'configs:',
    '  nginx: {file: a}',
    '  nginx.conf:',
    '    labelz: {}',
  ].join('\n')
  const files = [{ path: 'c.yml', root: parseYaml(text).root as YamlMap }]
  const complaint = locateComplaint(files, message)
  expect([complaint.split(': ', 1)[0], complaint.endsWith(told)]).toEqual([`c.yml line ${line}`, true])
})

test.each([
  ['services Additional property my web is not allowed', 2, ': write a name of letters, digits, `.`, `-` and `_`'],
  ['volumes Additional property ./data is not allowed', 4, ': write a name of letters, digits, `.`, `-` and `_`'],
  ['secrets Additional property a/b is not allowed', 6, ': write a name of letters, digits, `.`, `-` and `_`'],
  ['conflicting parameters "external" and "driver" specified for volume "kept"', 5, ': leave one of the two out'],
  ['network net: network.external.name and network.name conflict; only use network.name', 8, ''],
  ['secret a.key: secret.driver and secret.file conflict; only use secret.driver', 7, ''],
])('of what is no part of a service: %s', (message, line, advice) => {
  const text = [
    'services:',
    '  my web: {image: x}',
    'volumes:',
    '  ./data:',
    '  kept: {external: true, driver: local}',
    'secrets: {a/b: {file: x},',
    '  a.key: {file: x, driver: y}}',
    'networks: {net: {name: a, external: {name: b}}}',
  ].join('\n')
  const files = [{ path: 'c.yml', root: parseYaml(text).root as YamlMap }]
  expect(locateComplaint(files, message)).toBe(`c.yml line ${line}: docker refuses it: ${message}${advice}`)
})
