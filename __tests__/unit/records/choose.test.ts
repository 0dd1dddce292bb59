import { describe, expect, test } from '@jest/globals'
import { parseRollbackTarget } from '../../../src/inputs/rollback-target.ts'
import { chooseRecord, originOf, type Running, versionInWords } from '../../../src/records/choose.ts'
import type { DeployRecord, RecordedRun } from '../../../src/records/record.ts'

const COMMITS = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(40))

interface Deployed {
  /** The tag of its image. */
  readonly tag: string
  readonly commit?: string
  readonly runs?: readonly Partial<RecordedRun>[]
  readonly back?: number
  readonly version?: number
  /** What its image is called, besides the tag. */
  readonly image?: string
}

/** Records of one service, of which the first was deployed first: the newest first. */
function history(...all: readonly Deployed[]): DeployRecord[] {
  return all
    .map(({ tag, back, image = 'hub.test/acme/web', ...one }, index): DeployRecord => {
      const at = `2026-11-${String(index + 1).padStart(2, '0')}T10:00:00Z`
      const runs = one.runs ?? [{ commit: one.commit ?? COMMITS[index] ?? '', runId: String(1000 + index) }]
      return {
        subject: { kind: 'service', name: 'web' },
        version: one.version ?? index + 1,
        at,
        runs: runs.map((run) => ({ ...NO_RUN, at, ...run })),
        services: [{ name: 'web', image: `${image}:${tag}`, spec: spec(`${image}:${tag}`) }],
        names: { networks: {}, secrets: {}, configs: {} },
        ...(back !== undefined && { wentBackTo: back }),
      }
    })
    .toReversed()
}

const NO_RUN: RecordedRun = {
  repository: 'acme/shop',
  commit: '',
  ref: 'refs/heads/main',
  runId: '',
  attempt: '1',
  url: '',
  actor: 'octocat',
  owner: 'acme/shop',
  at: '',
}

function spec(image: string) {
  return { Name: 'web', Mode: {}, TaskTemplate: { ContainerSpec: { Image: image } } }
}

/** What runs is what the record of this number has; by default the newest. */
function running(records: readonly DeployRecord[], version = records[0]?.version): Running {
  const record = records.find((one) => one.version === version)
  const image = record?.services[0]?.image
  return { record, has: (other) => image !== undefined && other.services[0]?.image === image }
}

const NOTHING: Running = { record: undefined, has: () => false }

/** The number of the version that is meant, or why there is none. */
function chosen(records: readonly DeployRecord[], to: string, now: Running = running(records)): number | string {
  const record = chooseRecord(records, parseRollbackTarget(to), now)
  return typeof record === 'string' ? record : record.version
}

describe('previous', () => {
  test('is the version before the one that runs', () => {
    const all = history({ tag: '1' }, { tag: '2' }, { tag: '3' })
    expect(chosen(all, 'previous')).toBe(2)
    expect(chosen(all, 'previous', running(all, 2))).toBe(1)
  })

  test('is one that differs from what runs', () => {
    expect(chosen(history({ tag: '1' }, { tag: '2' }, { tag: '2' }), 'previous')).toBe(1)
  })

  test('is the newest where what runs is in none: a failed deploy was kept, or somebody has changed it', () => {
    expect(chosen(history({ tag: '1' }, { tag: '2' }), 'previous', NOTHING)).toBe(2)
  })

  test('goes further back after a rollback, and never to what that led away from', () => {
    const all = history({ tag: '1' }, { tag: '2' }, { tag: '3' }, { tag: '2', back: 2 })
    expect(chosen(all, 'previous')).toBe(1)
    const again = history({ tag: '1' }, { tag: '2' }, { tag: '3' }, { tag: '2', back: 2 }, { tag: '1', back: 1 })
    expect(chosen(again, 'previous')).toMatch(
      /^what runs is #5 \(tag 1, went back to #1, .*\), and nothing before #1 is recorded\. .* there are #4 .*, #3 .*, #2 /,
    )
  })

  test('after a deploy on top of a rollback is what the rollback went back to', () => {
    const all = history({ tag: '1' }, { tag: '2' }, { tag: '1', back: 1 }, { tag: '4' })
    expect(chosen(all, 'previous')).toBe(3)
  })

  test('counts from the version, also where that is not kept any more', () => {
    const [newest] = history({ tag: '2', back: 2, version: 9 })
    const all = [newest as DeployRecord, ...history({ tag: '1', version: 1 })]
    expect(chosen(all, 'previous')).toBe(1)
  })

  test('is none where only what runs is recorded', () => {
    expect(chosen(history({ tag: '1' }), 'previous')).toMatch(/no other version is recorded/)
  })
})

test('without records it is said since when there are some', () => {
  expect(chosen([], 'previous', NOTHING)).toMatch(
    /it has no record on this swarm.*Each deploy of it that succeeds leaves one/,
  )
})

describe('a number', () => {
  const all = history({ tag: '1' }, { tag: '2' }, { tag: '3' })

  test('is that of a record', () => expect(chosen(all, '#2')).toBe(2))

  test('that no record has is told with those that there are', () => {
    expect(chosen(all, '#9')).toMatch(
      /^#9 is not recorded: there are #3 \(tag 3, commit cccccccccccc, 2026-11-03 10:00:00 UTC\), #2 .*, #1 /,
    )
  })

  test('may be that of two runs at one moment', () => {
    const two = [...history({ tag: '4', version: 4 }), ...history({ tag: '5', version: 4 }), ...all]
    expect(chosen(two, '#4')).toMatch(/^#4 has #4 \(tag 4, .*\), #4 \(tag 5, .*\): they have the same number/)
    const same = [...history({ tag: '4', version: 4 }), ...history({ tag: '4', version: 4 }), ...all]
    expect(chosen(same, '#4')).toBe(4)
  })
})

describe('a tag', () => {
  test('is that of one of its images, the newest of several', () => {
    const all = history({ tag: '1' }, { tag: '2', image: 'a/x' }, { tag: '2', image: 'a/y' }, { tag: '4' })
    expect(chosen(all, '1')).toBe(1)
    expect(chosen(all, '2')).toBe(3)
  })

  test('is not a part of one, nor the port of a registry', () => {
    const all = history({ tag: '1.27', image: 'hub.test:5000/web' })
    expect(chosen(all, '1.2')).toMatch(/no tag, commit or run of a record is "1.2": there is #1/)
    expect(chosen(all, '5000')).toMatch(/no tag, commit or run/)
  })
})

describe('a commit', () => {
  const all = history({ tag: '1' }, { tag: '2' }, { tag: '3' })

  test('may be its beginning, of seven characters or more', () => {
    expect(chosen(all, 'bbbbbbb')).toBe(2)
    expect(chosen(all, 'B'.repeat(40))).toBe(2)
    expect(chosen(all, 'bbbbbb')).toMatch(/of a commit write at least 7 characters/)
  })

  test('is found at every run that has deployed the same', () => {
    const runs = [{ commit: COMMITS[1] ?? '' }, { commit: COMMITS[0] ?? '' }]
    expect(chosen(history({ tag: '1', runs }, { tag: '2', commit: COMMITS[3] ?? '' }), 'aaaaaaa')).toBe(1)
  })

  test('means the last time that it was deployed', () => {
    expect(
      chosen(
        history({ tag: '1', commit: 'a'.repeat(40) }, { tag: '2', commit: 'a'.repeat(40) }, { tag: '3' }),
        'aaaaaaa',
      ),
    ).toBe(2)
  })

  test('is not that of the workflow that went back', () => {
    const [one, two, three] = COMMITS
    const back = history(
      { tag: '1', commit: one ?? '' },
      { tag: '2', commit: two ?? '' },
      { tag: '1', commit: two ?? '', back: 1 },
    )
    expect(chosen(back, 'bbbbbbb')).toBe(2)
    // What that commit has deployed may be gone, and is not what its workflow went back to.
    const alone = history({ tag: '1' }, { tag: '2' }, { tag: '1', commit: three ?? '', back: 1 })
    expect(chosen(alone, 'ccccccc')).toMatch(
      /^no tag, commit or run of a record is "ccccccc" \(.*has only gone back: see #3\)/,
    )
  })

  test('is also one that has deployed just what was gone back to', () => {
    const runs = ['d', 'c'].map((letter) => ({ commit: letter.repeat(40) }))
    expect(chosen(history({ tag: '1' }, { tag: '2' }, { tag: '1', runs, back: 1 }), 'ddddddd')).toBe(3)
  })

  test('that begins as another one does needs more characters', () => {
    const alike = history(
      { tag: '1', commit: `1234567a${'0'.repeat(32)}` },
      { tag: '2', commit: `1234567b${'0'.repeat(32)}` },
    )
    expect(chosen(alike, '1234567')).toMatch(
      /is the beginning of several commits: 1234567b0000 \(#2\), 1234567a0000 \(#1\): write more of it/,
    )
    expect(chosen(alike, '1234567a')).toBe(1)
  })

  test('that is the tag too is one thing', () => {
    const sha = 'a'.repeat(40)
    const all = history(
      { tag: sha, commit: sha },
      { tag: 'b', commit: COMMITS[1] ?? '' },
      { tag: sha, commit: COMMITS[2] ?? '', back: 1 },
    )
    expect(chosen(all, sha, running(all, 2))).toBe(3)
  })
})

describe('a run', () => {
  const page = 'https://git.test/acme/shop/actions/runs'
  const run = (id: string, attempt = '1') => ({ runId: id, attempt, url: `${page}/${id}` })
  const all = history({ tag: '1', runs: [run('77')] }, { tag: '2', runs: [run('88', '2')] })

  test('is given by its ID or address', () => {
    expect(chosen(all, '77')).toBe(1)
    expect(chosen(all, `${page}/77`)).toBe(1)
    expect(chosen(all, `${page}/88/attempts/2`)).toBe(2)
    expect(chosen(all, `${page}/88/attempts/1`)).toMatch(/^the run .*\/88 \(attempt 1\) is not recorded/)
    expect(chosen(all, `${page}/77/job/1234`)).toBe(1)
  })

  test('of another repository is none, and on Forgejo its address is not that of its ID', () => {
    expect(chosen(all, 'https://git.test/acme/other/actions/runs/77')).toMatch(/is not recorded/)
    const forgejo = history({ tag: '1', runs: [{ runId: '901', url: `${page}/5` }] }, { tag: '2', runs: [run('5')] })
    expect(chosen(forgejo, '901')).toBe(1)
  })

  test('that has deployed several versions does not say which', () => {
    const several = history({ tag: '1', runs: [run('77')] }, { tag: '2', runs: [run('77')] })
    expect(chosen(several, '77')).toMatch(/^"77" has #2 .*, #1 .*: write `'#2'` or another number/)
    expect(chosen(several, `${page}/77`)).toMatch(/^the run .* has #2 .*, #1 /)
  })
})

test('what may be a tag and the commit of something else is told with both', () => {
  const all = history({ tag: '1', commit: '1234567'.padEnd(40, '0') }, { tag: '1234567' })
  expect(chosen(all, '1234567')).toMatch(
    /^"1234567" is the tag of #2 .* and the commit of #1 .*: write `'#2'` or another number/,
  )
})

test('what is a tag and the number of another version is told with both', () => {
  const all = history({ tag: '4' }, { tag: '5' }, { tag: '1' })
  expect(chosen(all, '1')).toMatch(/^"1" is the tag of #3 .* and the number of #1 .*: write `'#3'` or another number$/)
  expect(chosen(history({ tag: '1' }, { tag: '2' }), '1')).toBe(1)
})

describe('a tag that services of a stack have had at several times', () => {
  const stack = (...versions: readonly Readonly<Record<string, string>>[]): DeployRecord[] =>
    versions
      .flatMap((tags, index) =>
        history({ tag: 'x', version: index + 1 }).map((record) => ({
          ...record,
          services: Object.entries(tags).map(([name, tag]) => {
            const image = `hub.test/acme/${name}:${tag}`
            return { name, image, spec: spec(image) }
          }),
        })),
      )
      .toReversed()

  test('is told with each of them', () => {
    const all = stack({ web: '1.4', api: '1.4', cache: '7' }, { web: '1.5', api: '1.4', cache: '7' })
    expect(chosen(all, '1.4')).toMatch(
      /^"1.4" is the tag of api in #2 .* and the tag of web in #1 .*: write `'#2'` or another number$/,
    )
    expect(chosen(all, '1.5')).toBe(2)
    expect(chosen(all, '7')).toBe(2)
  })

  test('is that of the newest where all that had it have it still, or are gone', () => {
    expect(chosen(stack({ web: '1.4', worker: '1.4' }, { web: '1.4', cache: '7' }), '1.4')).toBe(2)
  })
})

test('a number without its sign is told how to be written', () => {
  expect(chosen(history({ tag: 'a' }, { tag: 'b' }), '2')).toMatch(/write `'#2'`/)
})

test('a circle of rollbacks, which somebody else has written, comes to an end', () => {
  const all = history({ tag: '1', back: 2 }, { tag: '2', back: 1 })
  expect(all.map((one) => originOf(one, all))).toEqual([1, 1])
})

test('what others have written is shown on one line', () => {
  const [record] = history({ tag: 'x\u001b[31m\n::error::y', commit: 'z\n' })
  expect(versionInWords(record as DeployRecord)).not.toMatch(/[\p{Cc}]/u)
})

test.each([
  [['1.4'], '#1 (tag 1.4, commit '],
  [['1.4', '16'], '#1 (tags 1.4 and 16, commit '],
  [['1.4', '16', '1.4'], '#1 (tags 1.4 and 16, commit '],
  [['1', '2', '3', '4'], '#1 (tags 1 and 2 and 3 and others, commit '],
])('a version whose images have the tags %j is named by these', (tags, words) => {
  const [record] = history({ tag: '1' })
  const services = tags.map((tag, index) => ({ name: `s${index}`, image: `hub.test/acme/web:${tag}`, spec: spec(tag) }))
  expect(versionInWords({ ...(record as DeployRecord), services })).toMatch(words)
})
