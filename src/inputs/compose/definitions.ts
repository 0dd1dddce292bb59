import { groupBy } from '../../runner/group-by.ts'
import { placed } from '../../runner/text/shown.ts'
import type { Problems } from '../problems.ts'
import type { YamlMap, YamlValue } from '../yaml.ts'
import { SECTIONS } from './keys.ts'
import type { ComposeFile } from './place.ts'
import { referencesOf } from './references.ts'
import { volumeTakenForDrive } from './short-forms.ts'
import { entryAt, isNothing, itemsOf, mapAt } from './tree.ts'
import { filledIn, type LookUp } from './variables.ts'

/** What has to be in one of the files, in whichever: docker merges them first. */

/** Every network, volume, secret and config that a service names must be defined. */
export function checkReferences(files: readonly ComposeFile[], lookUp: LookUp, problems: Problems): void {
  const defined = (section: string) => new Set(files.flatMap(({ root }) => mapAt(root, section).map(({ key }) => key)))
  const known = Object.fromEntries(SECTIONS.map((section) => [section, defined(section)]))
  // Of a section that is no mapping that has been told, and it says what there is.
  const isUnread = (section: string) =>
    files.some(({ root }) => !['map', undefined].includes(sectionOf(root, section)?.kind))
  for (const { path, root } of files) {
    for (const { key: service, value } of mapAt(root, 'services')) {
      for (const { section, name, line } of referencesOf(value, lookUp)) {
        if (known[section]?.has(name) || (section === 'networks' && name === 'default')) continue
        if (isUnread(section)) continue
        const one = section.slice(0, -1)
        const uses = `${path} line ${line}: the service ${placed(service)} uses`
        problems.add(
          name === ''
            ? `${uses} a ${one} whose name is empty: write it, and set the variable where one stands for it`
            : `${uses} the ${one} ${placed(name)}, which no file defines: ${remedyForUndefined(section, name)}`,
        )
      }
    }
  }
}

/** A service joins networks of docker's own as external ones. */
function remedyForUndefined(section: string, name: string): string {
  return section === 'networks' && ['host', 'bridge'].includes(name)
    ? `write \`${name}: {external: true}\` under the top-level \`networks\``
    : `add it to the top-level \`${section}\`, or correct the name`
}

/** Docker takes one letter before a colon for a drive of Windows, and makes a volume without a name. */
export function checkVolumeNames(files: readonly ComposeFile[], lookUp: LookUp, problems: Problems): void {
  const volumes = new Set(files.flatMap(({ root }) => mapAt(root, 'volumes').map(({ key }) => key)))
  for (const { path, root } of files) {
    for (const { key: service, value } of mapAt(root, 'services')) {
      const mounts = value.kind === 'map' ? entryAt(value, 'volumes') : undefined
      for (const item of mounts === undefined ? [] : itemsOf(mounts)) {
        const name = item.kind === 'text' ? volumeTakenForDrive(filledIn(item.value, lookUp)) : undefined
        if (name === undefined || !volumes.has(name)) continue
        problems.add(
          `${path} line ${item.line}: services.${placed(service)}.volumes: docker takes \`${name}:\` for a drive of Windows: give the volume a name of two or more letters`,
        )
      }
    }
  }
}

/** What is under a top-level key, if anything is. */
function sectionOf(root: YamlMap, section: string): YamlValue | undefined {
  const value = entryAt(root, section)
  return value === undefined || isNothing(value) ? undefined : value
}

/** Every service needs an image. */
export function checkImages(files: readonly ComposeFile[], problems: Problems): void {
  const services = files.flatMap(({ path, root }) => mapAt(root, 'services').map((entry) => ({ path, ...entry })))
  for (const [name, all] of groupBy(services, ({ key }) => key)) {
    const isGiven = (value: YamlValue | undefined) => value !== undefined && !isNothing(value)
    const has = (key: string) => all.find(({ value }) => value.kind === 'map' && isGiven(entryAt(value, key)))
    const [first] = all
    if (first?.value.kind !== 'map' || has('image') !== undefined) continue
    const { path, value, line } = has('build') ?? first
    const entryOf = (one: string) => (value.kind === 'map' ? value.entries.find(({ key }) => key === one) : undefined)
    const build = entryOf('build')
    const what = build === undefined ? 'has no `image`' : 'has a `build` and no `image`, and Swarm does not build'
    problems.add(
      `${path} line ${(build ?? entryOf('image'))?.line ?? line}: services.${placed(name)} ${what}: build and push in an earlier step, and name the result in \`image\``,
    )
  }
}
