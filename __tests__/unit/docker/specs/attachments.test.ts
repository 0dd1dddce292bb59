import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../../src/docker/api.ts'
import { type Attached, withAttached } from '../../../../src/docker/specs/attachments.ts'

const FILE = { UID: '0', GID: '0', Mode: 0o444 }
const secret = (id: string, name: string, more = {}) => ({
  SecretID: id,
  SecretName: `${name}-version`,
  File: { Name: name, ...FILE, ...more },
})
const config = (id: string, name: string) => ({ ConfigID: id, ConfigName: name, File: { Name: name, ...FILE } })

type Container = NonNullable<ServiceSpec['TaskTemplate']['ContainerSpec']>

function spec(container: Partial<Container>, networks?: ServiceSpec['TaskTemplate']['Networks']): ServiceSpec {
  return {
    Name: 'web',
    Mode: {},
    TaskTemplate: { ContainerSpec: { Image: 'web', ...container }, ...(networks && { Networks: networks }) },
  }
}

const NAMES = new Map([
  ['n1', 'front'],
  ['n2', 'back'],
])
const attached = (more: Partial<Attached>): Attached => ({ networkNames: NAMES, toMake: [], ...more })

describe('a list of secrets', () => {
  const now = spec({ Secrets: [secret('s1', 'a'), secret('s2', 'b'), secret('s3', 'c')] })

  test('has each in the place of what had its file; others stay, but those of an earlier list', () => {
    const {
      spec: after,
      changes,
      noted,
    } = withAttached(now, attached({ secrets: [secret('s4', 'b'), secret('s5', 'd')] }), ['secret a', 'config x'])
    expect(after.TaskTemplate.ContainerSpec?.Secrets).toEqual([secret('s4', 'b'), secret('s3', 'c'), secret('s5', 'd')])
    expect(changes).toEqual(['secret a', 'secret b', 'secret d'])
    // What another list spoke of is still known.
    expect(noted).toEqual(['secret b', 'secret d', 'config x'])
  })

  test('that is as the service is changes nothing, also where docker wrote less', () => {
    const short = spec({ Secrets: [{ ...secret('s1', 'a'), File: { Name: 'a', Mode: 0o444 } }] })
    const result = withAttached(short, attached({ secrets: [secret('s1', 'a')] }))
    expect(result).toMatchObject({ spec: short, changes: [] })
  })

  test('with another owner or mode is another reference', () => {
    const { changes } = withAttached(now, attached({ secrets: [secret('s1', 'a', { UID: '70' })] }))
    expect(changes).toEqual(['secret a'])
  })

  test('that is not given leaves all, and what is known of it', () => {
    expect(withAttached(now, attached({}), ['secret a'])).toEqual({ spec: now, changes: [], noted: ['secret a'] })
  })

  test('leaves out what was never there', () => {
    expect(withAttached(spec({}), attached({ secrets: [], configs: [], networks: [] })).spec).toEqual(spec({}))
  })
})

describe('a list of networks', () => {
  const now = spec({}, [
    { Target: 'n1', Aliases: ['web', 'own'] },
    { Target: 'n2', Aliases: ['db'] },
  ])

  test('keeps aliases of which it says nothing, and the one that leads traffic', () => {
    const silent = withAttached(now, attached({ networks: [{ Target: 'n1' }] }), ['network back'])
    expect(silent.spec.TaskTemplate.Networks).toEqual([{ Target: 'n1', Aliases: ['web', 'own'] }])
    expect(silent).toMatchObject({ changes: ['network back'], noted: ['network front'] })
    const said = withAttached(now, attached({ networks: [{ Target: 'n1', Aliases: ['api'] }] }), [], 'web')
    expect(said.spec.TaskTemplate.Networks).toEqual([
      { Target: 'n1', Aliases: ['api', 'web'] },
      { Target: 'n2', Aliases: ['db'] },
    ])
  })
})

describe('a credential spec', () => {
  const reference = { ConfigID: 'c1', ConfigName: 'spec' }
  const choice = { source: { Config: 'c1' }, config: reference }

  test('of a config is a reference without a file, beside the files that there are', () => {
    const { spec: after, changes } = withAttached(
      spec({ Configs: [config('c0', 'app')] }),
      attached({ credentialSpec: choice }),
    )
    expect(after.TaskTemplate.ContainerSpec).toMatchObject({
      Configs: [config('c0', 'app'), { ...reference, Runtime: {} }],
      Privileges: { CredentialSpec: { Config: 'c1', File: '', Registry: '' } },
    })
    expect(changes).toEqual(['credential-spec'])
    expect(withAttached(after, attached({ credentialSpec: choice }))).toMatchObject({ spec: after, changes: [] })
    // A list of configs says nothing of it.
    const others = withAttached(after, attached({ configs: [] }), ['config app']).spec.TaskTemplate.ContainerSpec
    expect(others?.Configs).toEqual([{ ...reference, Runtime: {} }])
  })

  test('on the nodes, or none, has no such reference; other privileges stay', () => {
    const before = spec({
      Configs: [{ ...reference, Runtime: {} }],
      Privileges: { SELinuxContext: { Disable: true }, CredentialSpec: { Config: 'c1' } },
    })
    const file = withAttached(before, attached({ credentialSpec: { source: { File: 'a.json' } } })).spec
    expect(file.TaskTemplate.ContainerSpec).toMatchObject({
      Configs: [],
      Privileges: { CredentialSpec: { File: 'a.json' } },
    })
    const none = withAttached(before, attached({ credentialSpec: { source: undefined } })).spec
    expect(none.TaskTemplate.ContainerSpec?.Privileges).toEqual({ SELinuxContext: { Disable: true } })
  })
})
