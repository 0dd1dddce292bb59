import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { Random } from '../../lab/faults/random.ts'
import { complaint } from '../../src/docker/cli/stand-in.ts'
import { adaptCompose } from '../../src/inputs/compose/adapt.ts'
import { characterProblem } from '../../src/inputs/compose/characters.ts'
import { locateComplaint } from '../../src/inputs/compose/complaints.ts'
import { toYaml } from '../../src/inputs/compose/tree.ts'
import { Problems } from '../../src/inputs/problems.ts'
import { parseYaml, type YamlMap, type YamlValue } from '../../src/inputs/yaml.ts'
import { type DockerReads, ReadingDocker } from '../support/docker-reads.ts'
import { cliOlderThan, testUnless } from '../support/swarm.ts'
import { scalarText } from '../support/yaml-texts.ts'

/** It does not know `--detach`. */
const TOO_OLD = cliOlderThan(26)

type Texts = Readonly<Record<string, string>>

interface HandedOn {
  readonly text: string
  /** What docker is given of the step's variables. */
  readonly env: Texts
}

/** What docker is to read; undefined when the file is refused before. */
function handedOn(file: string, env: Texts = {}, envFiles: Texts = {}): HandedOn | undefined {
  const { root, problems: wrong } = parseYaml(file)
  if (wrong.length > 0) return undefined
  const problems = new Problems()
  const files = [{ path: 'c.yml', root: root as YamlMap }]
  const { files: adaptedFiles, variables } = adaptCompose(
    files,
    (name) => env[name],
    problems,
    (path) => envFiles[path],
  )
  try {
    problems.throwAll()
  } catch {
    return undefined
  }
  const known = variables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  return { text: adaptedFiles.map(toYaml)[0] ?? '', env: Object.fromEntries(known) }
}

const adapted = (file: string) => handedOn(file)?.text

const sentOf = (reads: DockerReads) => ('sent' in reads ? reads.sent : undefined)

testUnless(TOO_OLD, 'docker reads the same from a file as from what is handed to it', async () => {
  await using docker = await ReadingDocker.start()
  const file = `
x-log: &log {driver: json-file, options: &o {max-size: 010m, max-file: !!str 03}}
x-more: &more {A: over, M: merged, N: 0x1F}
services:
  web:
    image: x
    logging: *log
    environment:
      <<: [*more, {M: lost, P: 1_000}]
      A: 012
      B: !!str 012
      C: !!int "0x1F"
      D: !!float 123456789
      E: !!binary aGk=
      F: !!timestamp 2024-01-01
      G: 0x52908400098527886e0f7030069857d2e4169ee7
      H: 12e3456
      I: 9007199254740993
      J: |2+

           text

      K: >-
        folded
          more
        text
      L: "\\N\\L\\P\\0\\u2028\\x7f\\uFFFF"
      "1": one
      ? "yes"
      : two
      Q: yes
      R: ~
      S: ''
    labels: {a: 1.50, b: +12, c: "1.50"}
    stop_grace_period: !!str 1m
    deploy: {replicas: !!int "2", resources: {limits: {cpus: !!str 0.50}}}
    healthcheck: {test: [CMD, "a", 'b'], retries: 0x3}
    init: !!bool "true"
`
  const theirs = await docker.read(file)
  expect(sentOf(theirs)).toBeDefined()
  expect(await docker.read(adapted(file) ?? '')).toEqual(theirs)
})

testUnless(TOO_OLD, 'of a block at the end of a file without a line break docker reads the same', async () => {
  await using docker = await ReadingDocker.start()
  for (const end of ['|\n  one', '>+\n  one\n  two', '|\n  one\n    ', '|\n  one\n  ', '|\n  one\n# end']) {
    const file = `services:\n web:\n  image: x\n  hostname: ${end.replaceAll('\n  ', '\n    ')}`
    const theirs = sentOf(await docker.read(file))
    expect(theirs).toBeDefined()
    expect({ end, sent: sentOf(await docker.read(adapted(file) ?? '')) }).toEqual({ end, sent: theirs })
  }
})

testUnless(TOO_OLD, 'of scalars in every style docker reads the same, if it takes them', async () => {
  await using docker = await ReadingDocker.start()
  let compared = 0
  for (let run = 0; run < 60; run++) {
    const random = new Random(Number(process.env.SEED ?? 2026), run)
    const scalar = scalarText(random, 6)
    // A date is text on purpose. Blanks beyond the indentation of a block without a word are lost by the package yaml.
    if (/^\d{4}-|^[|>].*\s*$/.test(scalar)) continue
    const file = `services:\n  web:\n    image: x\n    labels:\n      A: ${scalar}\n    hostname: h\n`
    const written = file.replaceAll('\n', random.pick(['\n', '\n', '\r\n']))
    const ours = adapted(written)
    if (ours === undefined) continue
    const theirs = sentOf(await docker.read(written))
    if (theirs === undefined) continue
    expect({ written, sent: sentOf(await docker.read(ours)) }).toEqual({ written, sent: theirs })
    compared++
  }
  expect(compared).toBeGreaterThan(30)
})

/** Docker's reading of the user's files and of what it is handed, with the same variables. */
async function bothReadings(docker: ReadingDocker, file: string, env: Texts = {}, envFiles: Texts = {}) {
  for (const [name, text] of Object.entries(envFiles)) await writeFile(join(docker.directory, name), text)
  const ours = handedOn(file, env, envFiles)
  return {
    theirs: sentOf(await docker.read(file, env)),
    ours: ours === undefined ? undefined : sentOf(await docker.read(ours.text, ours.env)),
  }
}

const ENV = { SHA: 'abc', DOLLAR: '$SHA $$', EMPTY: '', FULL: 'x', HTTP_PROXY: 'http://proxy', GOFLAGS: '-x' }

testUnless(TOO_OLD, 'the variables of a service have the values that docker gives them', async () => {
  await using docker = await ReadingDocker.start()
  const file = `
services:
  web:
    image: x
    env_file: [a.env, b.env]
    environment: {SHA: , FULL: "", NONE: , GONE: "", OVER: here, NULLED: , HTTP_PROXY: , GOFLAGS: "\${EMPTY}"}
  list:
    image: x
    env_file: a.env
    environment: [SHA, FULL=, NONE, GONE=, OVER=here, NULLED, HTTP_PROXY, "GOFLAGS=\${EMPTY}", DOLLAR]
  files:
    image: x
    env_file: b.env
`
  const files = {
    'a.env':
      '\uFEFF# x\r\nSHA\r\n  DOLLAR\nFULL=\nHTTP_PROXY=\nNONE\nGONE=\nNULLED=1\nOVER=1\nA= "q" \t\nA$B=$SHA ${SHA} $$',
    'b.env': `A=b\nQ='x' # y\nGOFLAGS\n\u00a0\u2003UNICODE=\u2028x\vy\nEQ==a=b\nLONG=${'x'.repeat(6_000)}\n`,
  }
  const { theirs, ours } = await bothReadings(docker, file, ENV, files)
  expect(theirs).toBeDefined()
  expect(ours).toEqual(theirs)
})

testUnless(TOO_OLD, 'what docker would obey itself has the value and the type of any other variable', async () => {
  await using docker = await ReadingDocker.start()
  const file = `
services:
  web:
    image: x:\${DOCKER_TAG}
    hostname: \${DOCKER_NUMBER}
    user: \${DOCKER_EMPTY}
    tty: \${DOCKER_SWITCH}
    environment: {TAG: "\${DOCKER_TAG}"}
    labels:
      tag: \${DOCKER_TAG}
      hex: \${GOHEX}
      switch: \${DOCKER_SWITCH}
      none: \${DOCKER_NONE:-0x1F}
    deploy: {replicas: "\${DOCKER_NUMBER}", update_config: {parallelism: "\${DOCKER_NONE:-2}"}}
`
  const env = { DOCKER_TAG: '1.10', DOCKER_NUMBER: '5', DOCKER_EMPTY: '', DOCKER_SWITCH: 'true', GOHEX: '0x1F' }
  const { theirs, ours } = await bothReadings(docker, file, env)
  expect(theirs).toBeDefined()
  expect(ours).toEqual(theirs)
})

testUnless(TOO_OLD, 'a default for what only the action gives docker stands', async () => {
  await using docker = await ReadingDocker.start()
  const ours = handedOn(
    'services: {web: {image: x, environment: ["A=${DOCKER_HOST:-tcp://proxy:2375}", "B=${DOCKER_TLS_VERIFY-1}"]}}',
  )
  const sent = sentOf(await docker.read(ours?.text ?? '', { ...ours?.env, DOCKER_TLS_VERIFY: '' }))
  expect(JSON.parse(sent?.['services/s_web'] ?? '{}').TaskTemplate.ContainerSpec.Env).toEqual([
    'A=tcp://proxy:2375',
    'B=1',
  ])
})

testUnless(TOO_OLD, 'of files of variables docker and this action read the same, or both refuse them', async () => {
  await using docker = await ReadingDocker.start()
  const pieces = [
    'A',
    'B',
    'SHA',
    'FULL',
    '=',
    '=',
    '#',
    ' ',
    '\t',
    '\n',
    '\n',
    '\r\n',
    '"',
    "'",
    '$',
    '\\',
    '\u00a0',
    '\f',
    'é',
    'export ',
    ':',
  ]
  for (let run = 0; run < 40; run++) {
    const random = new Random(Number(process.env.SEED ?? 2027), run)
    const text = Array.from({ length: random.between(1, 25) }, () => random.pick(pieces)).join('')
    const file = 'services: {web: {image: x, env_file: r.env}}'
    const { theirs, ours } = await bothReadings(docker, file, ENV, { 'r.env': text })
    expect({ text, ours }).toEqual({ text, ours: theirs })
  }
})

testUnless(TOO_OLD, 'what is left out changes nothing for docker', async () => {
  await using docker = await ReadingDocker.start()
  const file = `
x-all: {a: 1}
services:
  web:
    image: x
    build: {context: ., args: {A: "\${NO}"}}
    container_name: c
    cgroup_parent: a
    cgroupns_mode: private
    devices: ["/dev/null:/dev/null"]
    domainname: d
    external_links: [e]
    expose: [80]
    ipc: host
    links: [db]
    mac_address: 00:00:00:00:00:01
    network_mode: bridge
    pid: host
    privileged: true
    security_opt: [a]
    shm_size: 1m
    tmpfs: /run
    userns_mode: host
    depends_on: [db]
    x-mine: 1
    volumes: ["/a:/b:ro,z", "/c:/d:cached"]
    networks: {default: {ipv4_address: 10.0.0.3, aliases: [w]}}
  always: {image: x, restart: always}
  no: {image: x, restart: "no"}
  some: {image: x, restart: "on-failure:3"}
  policy: {image: x, restart: "on-failure:3", deploy: {restart_policy: {condition: any}}}
`
  const { theirs, ours } = await bothReadings(docker, file)
  expect(theirs).toBeDefined()
  expect(ours).toEqual(theirs)
  expect(JSON.parse(ours?.['services/s_some'] ?? '')).toMatchObject({
    TaskTemplate: { RestartPolicy: { Condition: 'on-failure', MaxAttempts: 3 } },
  })
})

testUnless(TOO_OLD, 'docker leaves out, or reads wrongly, what is told', async () => {
  await using docker = await ReadingDocker.start()
  const file = `
services:
  web:
    image: x
    hostname: "\${FULL:?give it - now}"
    command: "serve a#b #all of it"
    extra_hosts: ["one:10.0.0.1", two]
    tmpfs: /run
`
  const sent = sentOf(await docker.read(file, ENV))
  const { ContainerSpec } = JSON.parse(sent?.['services/s_web'] ?? '{}').TaskTemplate
  expect(ContainerSpec).toMatchObject({ Hostname: ' now', Args: ['serve', 'a#b'], Hosts: ['10.0.0.1 one'] })
  expect(ContainerSpec.Mounts ?? []).toEqual([])
})

testUnless(TOO_OLD, 'where docker itself breaks off the place is told, and not what its code was doing', async () => {
  await using docker = await ReadingDocker.start()
  for (const limits of ['{soft: 1e3, hard: 2000}', '{soft: 1, hard: 18446744073709551615}']) {
    const file = `services:\n web:\n  image: x\n  ulimits:\n   nofile: ${limits}\n`
    const reads = await docker.read(adapted(file) ?? '')
    const said = 'refused' in reads ? complaint({ code: 2, stdout: '', stderr: reads.refused }) : ''
    const files = [{ path: 'c.yml', root: parseYaml(file).root as YamlMap }]
    expect(locateComplaint(files, said, ['services', 'web'])).toMatch(
      /^c\.yml line 4: docker refuses it: services\.web: panic: interface conversion: interface \{\} is \w+, not int: write a whole number/,
    )
  }
})

testUnless(TOO_OLD, 'docker reads UTF-16 with its mark, and no other', async () => {
  await using docker = await ReadingDocker.start()
  const file = 'services:\r\n  web: {image: x, hostname: "é😀"}\r\n'
  const sent = sentOf(await docker.read(file))
  expect(sent).toBeDefined()
  const marked = Buffer.from(`\ufeff${file}`, 'utf16le')
  expect(sentOf(await docker.read(marked))).toEqual(sent)
  expect(sentOf(await docker.read(Buffer.from(marked).swap16()))).toEqual(sent)
  expect(sentOf(await docker.read(marked.subarray(2)))).toBeUndefined()
  expect(sentOf(await docker.read(marked.subarray(0, -1)))).toBeUndefined()
})

testUnless(TOO_OLD, 'of several documents docker reads the first, and says nothing of the others', async () => {
  await using docker = await ReadingDocker.start()
  const [first, second] = ['services: {web: {image: x}}\n', 'services: {api: {image: y}}\n']
  const sent = await docker.read(first)
  expect(Object.keys(sentOf(sent) ?? {})).toContain('services/s_web')
  for (const others of ['---\n', `---\n${second}`, `...\n---\n${second}`, '---\n: [\n']) {
    expect(await docker.read(`${first}${others}`)).toEqual(sent)
  }
  expect(adapted(`${first}---\n# nothing\n`)).toBe(adapted(first))
  expect(adapted(`${first}---\n${second}`)).toBeUndefined()
})

testUnless(TOO_OLD, 'docker refuses the characters that are refused, or takes them for the end of a line', async () => {
  await using docker = await ReadingDocker.start()
  for (const char of ['\0', '\x1b', '\x7f', '\x9b', '\uffff', '\u0085', '\u2028', '\u2029', '\r']) {
    const value = `x${char}y`
    const file = `services:\n  web:\n    image: x\n    hostname: ${value}\n`
    expect(characterProblem(file)).toMatchObject({ line: 4, column: 16 })
    expect(await docker.read(file)).toMatchObject({
      refused: expect.stringMatching(/control characters|could not find/),
    })
    expect(toYaml(parseYaml(JSON.stringify(value)).root as YamlValue)).not.toContain(char)
  }
})
