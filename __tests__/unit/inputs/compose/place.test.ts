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
