import { expect, test } from '@jest/globals'
import { Random } from '../../lab/faults/random.ts'
import { adaptCompose } from '../../src/inputs/compose/adapt.ts'
import { toYaml } from '../../src/inputs/compose/tree.ts'
import { Problems } from '../../src/inputs/problems.ts'
import { parseYaml, type YamlMap } from '../../src/inputs/yaml.ts'
import { type DockerReads, ReadingDocker } from '../support/docker-reads.ts'
import { scalarText } from '../support/yaml-texts.ts'

/** What docker is to read; undefined when the file is refused before. */
function adapted(text: string): string | undefined {
  const { root, problems: wrong } = parseYaml(text)
  if (wrong.length > 0) return undefined
  const { files } = adaptCompose([{ path: 'c.yml', root: root as YamlMap }], () => undefined, new Problems())
  return files.map(toYaml)[0]
}

const sentOf = (reads: DockerReads) => ('sent' in reads ? reads.sent : undefined)

test('docker reads the same from a file as from what is handed to it', async () => {
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

test('of scalars in every style docker reads the same, if it takes them', async () => {
  await using docker = await ReadingDocker.start()
  let compared = 0
  for (let run = 0; run < 60; run++) {
    const random = new Random(Number(process.env.SEED ?? 2026), run)
    const scalar = scalarText(random, 6)
    if (/^\d{4}-/.test(scalar)) continue
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
