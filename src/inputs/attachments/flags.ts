import type { Flag } from '../../docker/cli/commands.ts'
import { shown } from '../../runner/text/shown.ts'
import type { Problems } from '../problems.ts'
import type { AttachmentsRequest } from './request.ts'

/** What both a key and a flag of the lists would set: whichever came last would win. */
export function checkAttachmentFlags(
  { secrets, configs, networks, credentialSpec }: AttachmentsRequest,
  flags: readonly Flag[],
  problems: Problems,
): void {
  const lists = [
    { key: 'secrets', targets: secrets?.map(({ file }) => file.Name), names: secrets?.map(({ name }) => name) },
    { key: 'configs', targets: configs?.map(({ file }) => file.Name), names: configs?.map(({ name }) => name) },
    { key: 'networks', targets: networks?.map(({ name }) => name), names: networks?.map(({ name }) => name) },
  ]
  for (const { name: flag, value = '' } of flags) {
    if (flag === '--credential-spec' && credentialSpec !== undefined) {
      problems.add('`credential-spec` and the flag --credential-spec are both given: leave one of the two')
    }
    const [, noun, verb] = /^--(secret|config|network)(-add|-rm)?$/.exec(flag) ?? []
    const list = lists.find(({ key }) => key === `${noun}s`)
    if (noun === undefined || list === undefined) continue
    const named = verb === '-rm' ? value : targetOf(value)
    if (!(verb === '-rm' ? list.names : list.targets)?.includes(named)) continue
    problems.add(`${shown(named)} is given both in \`${list.key}\` and by the flag ${flag}: leave one of the two`)
  }
}

/**
 * What flags attach, in the words of the note of an entry's lists: `secret db-password`, `network backend`.
 *
 * @param networkNames the names of networks by their IDs, which docker takes as well
 */
export function attachedByFlags(flags: readonly Flag[], networkNames: ReadonlyMap<string, string>): string[] {
  return flags.flatMap(({ name, value = '' }) => {
    const [, noun] = /^--(secret|config|network)(?:-add)?$/.exec(name) ?? []
    const target = targetOf(value)
    return noun === undefined ? [] : [`${noun} ${(noun === 'network' && networkNames.get(target)) || target}`]
  })
}

/** Where a value of `--secret` or `--config` has it found, or which network one of `--network` means. */
function targetOf(value: string): string {
  const fields = new Map(
    value.split(',').map((field) => {
      const [, key = '', rest = ''] = /^\s*([^=]*)=?(.*)$/s.exec(field) ?? []
      return [key.toLowerCase(), rest] as const
    }),
  )
  const named = fields.get('target') ?? fields.get('source') ?? fields.get('src') ?? fields.get('name')
  return named ?? value.split(',', 1)[0] ?? ''
}
