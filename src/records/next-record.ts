import type { ServiceSpec } from '../docker/api.ts'
import { familiar, type ImageReference, withTagDefault } from '../docker/registry/reference.ts'
import { imageOfSpec } from '../docker/specs/service-spec.ts'
import {
  type DeployRecord,
  type KeptRecord,
  type RecordedNames,
  type RecordedRun,
  type RecordedService,
  recordedSpec,
  runsTogether,
  sameContent,
} from './record.ts'

/** What a deploy records, and which records go for it. Pure. */

/** What was deployed of one subject, or would be. */
export type Content = Pick<DeployRecord, 'subject' | 'services' | 'names'>

/**
 * A service for a record.
 *
 * @param name the one in the files
 * @param asked the image that was asked for; `undefined`: the one that it has
 */
export function recordedService(name: string, asked: ImageReference | undefined, spec: ServiceSpec): RecordedService {
  const { digest: _, ...tagged } = asked === undefined ? { digest: '' } : asked
  const image = 'registry' in tagged && tagged.tag !== undefined ? familiar(withTagDefault(tagged)) : ''
  return { name, image: image || (imageOfSpec(spec) ?? '').replace(/@sha256:.*/, ''), spec: recordedSpec(spec, name) }
}

/**
 * What there is to record: a stack is one subject, and else each service.
 *
 * @param networks the names of networks by their IDs
 */
export function contentsOf(
  services: readonly RecordedService[],
  stack: { readonly name: string } | undefined,
  networks: ReadonlyMap<string, string>,
): Content[] {
  if (stack === undefined) {
    return services.map((one) => {
      return { subject: { kind: 'service', name: one.name }, services: [one], names: namesOf([one], networks) }
    })
  }
  if (services.length === 0) return []
  return [{ subject: { kind: 'stack', name: stack.name }, services, names: namesOf(services, networks) }]
}

function namesOf(services: readonly RecordedService[], networks: ReadonlyMap<string, string>): RecordedNames {
  const containers = services.flatMap(({ spec }) => spec.TaskTemplate.ContainerSpec ?? [])
  return {
    networks: Object.fromEntries(networkIdsOf(services).flatMap((id) => entryOf(id, networks.get(id)))),
    secrets: Object.fromEntries(
      containers.flatMap(({ Secrets = [] }) => Secrets.flatMap((one) => entryOf(one.SecretID, one.SecretName))),
    ),
    configs: Object.fromEntries(
      containers.flatMap(({ Configs = [] }) => Configs.flatMap((one) => entryOf(one.ConfigID, one.ConfigName))),
    ),
  }
}

function entryOf(id: string, name: string | undefined): [string, string][] {
  return name === undefined ? [] : [[id, name]]
}

/** The networks that services are on. */
export function networkIdsOf(services: readonly Pick<RecordedService, 'spec'>[]): string[] {
  return services.flatMap(({ spec }) =>
    [...(spec.TaskTemplate.Networks ?? []), ...(spec.Networks ?? [])].map(({ Target }) => Target),
  )
}

/** The record that comes next, and whether it is what was deployed last once more. */
export interface NextRecord {
  readonly record: DeployRecord
  readonly isAgain: boolean
}

/**
 * The record of what a run has deployed. Where that is what is recorded already it keeps its version, and tells of this
 * run too.
 *
 * @param kept those of the subject, the newest first
 * @param wentBackTo of a rollback: the version whose content it is
 */
export function nextRecord(
  content: Content,
  kept: readonly KeptRecord[],
  run: RecordedRun,
  wentBackTo?: number,
): NextRecord {
  const newest = kept[0]?.record
  const isAgain = newest !== undefined && sameContent(newest, content)
  const version = (newest?.version ?? 0) + (isAgain ? 0 : 1)
  // To what runs already nobody goes back: a record of a deploy stays that of a deploy.
  const isDeploy = isAgain && newest.wentBackTo === undefined
  const back = isDeploy ? undefined : (wentBackTo ?? (isAgain ? newest.wentBackTo : undefined))
  const runs = isAgain ? runsTogether([run], newest.runs) : [run]
  const { subject, services, names } = content
  const isBack = back !== undefined && back !== version
  return {
    record: { subject, version, at: run.at, runs, services, names, ...(isBack && { wentBackTo: back }) },
    isAgain,
  }
}

/**
 * Which records of one subject go.
 *
 * @param kept the newest first
 */
export function surplusRecords(kept: readonly KeptRecord[], limit: number): KeptRecord[] {
  return kept.slice(limit)
}
