import { expect, test } from '@jest/globals'
import { locateComplaint } from '../../../../src/inputs/compose/place.ts'
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

test('any other complaint stays as it is', () => {
  const files = [{ path: 'c.yml', root: parseYaml(FILE).root as YamlMap }]
  expect(locateComplaint(files, 'services.web.image must be a string')).toBe(
    'c.yml line 3: docker refuses it: services.web.image must be a string',
  )
})

test.each([
  ['services.my.web.user must be a string', 3, 'must be a string'],
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
  ['conflicting parameters "external" and "driver" specified for volume "kept"', 5, ''],
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
