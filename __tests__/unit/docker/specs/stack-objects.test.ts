import { expect, test } from '@jest/globals'
import type { Node } from '../../../../src/docker/api.ts'
import { credentialSpecProblems } from '../../../../src/docker/specs/credential-spec.ts'
import { unusedIds } from '../../../../src/docker/specs/stack-objects.ts'
import { createNode, createSpec } from '../../../support/builders.ts'

test('what a service could be rolled back to is in use', () => {
  const withSecret = (id: string) =>
    createSpec({ TaskTemplate: { ContainerSpec: { Image: 'a', Secrets: [{ SecretID: id, SecretName: id }] } } })
  const services = [{ Spec: withSecret('now'), PreviousSpec: withSecret('before') }, { Spec: createSpec() }]
  expect(unusedIds(['now', 'before', 'older'], services)).toEqual(['older'])
})

test('a credential spec has one source, a valid content, and Windows nodes', () => {
  const node = createNode(1)
  const windows = { ...node, Description: { ...node.Description, Platform: { Architecture: 'x86_64', OS: 'windows' } } }
  const content = JSON.stringify({
    CmsPlugins: ['ActiveDirectory'],
    DomainJoinConfig: {
      Sid: 'S',
      MachineAccountName: 'm',
      Guid: 'g',
      DnsTreeName: 't',
      DnsName: 'd',
      NetBiosName: 'n',
    },
    ActiveDirectoryConfig: { GroupManagedServiceAccounts: [{ Name: 'm', Scope: 'd' }] },
  })
  const problems = (source: object, text?: string, nodes: readonly Node[] = [windows]) =>
    credentialSpecProblems(source, createSpec(), text, nodes).join('\n')
  expect(problems({ Config: 'id' }, content)).toBe('')
  expect(problems({ File: 'a.json' })).toBe('')
  expect(problems({ Registry: 'a' })).toBe('')
  expect(problems({ Config: 'id' })).toMatch(/does not exist/)
  expect(problems({ Config: 'id' }, 'no json')).toMatch(/no JSON object/)
  expect(problems({ Config: 'id' }, '{"CmsPlugins":["ActiveDirectory"]}')).toMatch(/lacks Sid/)
  expect(problems({ File: 'a', Registry: 'b' })).toMatch(/file and registry/)
  expect(problems({ File: 'C:\\x' })).toMatch(/lies outside/)
  expect(problems({ File: 'a' }, undefined, [windows, node])).toMatch(/add the placement constraint/)
  expect(problems({ File: 'a' }, undefined, [node])).toMatch(/no Windows node/)
})
