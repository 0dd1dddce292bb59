import type { Environment } from '../environment.ts'
import { readsGreedily } from './workflow-commands.ts'

/** The sections of our own documentation to which a run sends its reader: a page, and the title of a section of it. */
export const DOCS = {
  'a registry says no': ['docs/troubleshooting.md', 'A registry says no'],
  'a secret is empty': ['docs/troubleshooting.md', 'A secret is empty'],
  'the swarm cannot be reached': ['docs/troubleshooting.md', 'The swarm cannot be reached'],
  'a program ends': ['docs/troubleshooting.md', 'A program ends'],
  'a task is killed': ['docs/troubleshooting.md', 'A task is killed'],
  'a program is not found': ['docs/troubleshooting.md', 'A program is not found'],
  'a container does not start': ['docs/troubleshooting.md', 'A container does not start'],
  'a health check fails': ['docs/troubleshooting.md', 'A health check fails'],
  'the image cannot be pulled': ['docs/troubleshooting.md', 'The image cannot be pulled'],
  'no node can take a task': ['docs/troubleshooting.md', 'No node can take a task'],
  'a network has no addresses': ['docs/troubleshooting.md', 'A network has no addresses'],
  'a port is taken': ['docs/troubleshooting.md', 'A port is taken'],
  'a mount is not there': ['docs/troubleshooting.md', 'A mount is not there'],
  'a trial fails': ['docs/troubleshooting.md', 'A trial fails'],
  'it takes too long': ['docs/troubleshooting.md', 'It takes too long'],
  'somebody else deploys': ['docs/troubleshooting.md', 'Somebody else deploys'],
  'the run was stopped': ['docs/troubleshooting.md', 'The run was stopped'],
  'the way back failed': ['docs/troubleshooting.md', 'The way back failed'],
  'no health check': ['docs/advice.md', 'No health check'],
  'a gap at each update': ['docs/advice.md', 'A gap at each update'],
  'start-first without room': ['docs/advice.md', 'Start-first without room'],
  'a failed update stays': ['docs/advice.md', 'A failed update stays half done'],
  'an image without a version': ['docs/advice.md', 'An image without a version'],
  'a credential that ends': ['docs/registries.md', 'What lives how long'],
  'a token that nodes store': ['docs/advice.md', 'A token that nodes store'],
} as const satisfies Readonly<Record<string, readonly [page: string, section: string]>>

export type Doc = keyof typeof DOCS

/**
 * The address of a section at the version that runs; `undefined` where nobody can tell it: for a local `uses: ./`, in a
 * shell, and on runners of the act family, which take an action from anywhere and name their own server.
 */
export function docUrl(doc: Doc, env: Environment = process.env): string | undefined {
  const { GITHUB_SERVER_URL: server = '', GITHUB_ACTION_REPOSITORY: repository = '', GITHUB_ACTION_REF: ref = '' } = env
  const isKnown = /^https?:\/\/[\w.:-]+$/.test(server) && /^[\w.-]+\/[\w.-]+$/.test(repository) && ref !== ''
  if (!isKnown || readsGreedily(env)) return undefined
  const [page, section] = DOCS[doc]
  const version = ref.split('/').map(encodeURIComponent).join('/')
  return `${server}/${repository}/blob/${version}/${page}#${anchorOf(section)}`
}

/** The same for a line of text; where there is no address, the page and the section in words. */
export function docLink(doc: Doc, env: Environment = process.env): string {
  const [page, section] = DOCS[doc]
  return docUrl(doc, env) ?? `"${section}" in ${page} of this action`
}

/** A line that ends with the address of one of our own sections, as {@link withDocLink} writes it, taken apart. */
export function docLinkOf(
  line: string,
  env: Environment = process.env,
): { readonly text: string; readonly url: string } | undefined {
  const urls = (Object.keys(DOCS) as Doc[]).map((doc) => docUrl(doc, env)).filter((url) => url !== undefined)
  const url = urls.find((one) => line.endsWith(`${MORE}${one}`))
  return url === undefined ? undefined : { text: line.slice(0, -(MORE.length + url.length)), url }
}

const MORE = '. More: '

/** A sentence, with where it is explained. */
export function withDocLink(text: string, link: string): string {
  return `${text}${MORE}${link}`
}

/** GitHub's own rule for the anchor of a heading. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
