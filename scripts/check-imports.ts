import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import { groupBy } from '../src/runner/group-by.ts'

/** Holds the direction of imports in `src/`: `npm run check` runs it. */

const SOURCES = fileURLToPath(new URL('../src', import.meta.url))

/**
 * The layers from the lowest to the highest, each with the folders (or files) that are in it and what it is. A file
 * imports what is in its own folder or in a layer below, types too; folders that share a layer do not know each other.
 */
export const LAYERS: readonly { readonly parts: readonly string[]; readonly is: string }[] = [
  { parts: ['result', 'errors'], is: 'What became of a service, and what went wrong: words that all others use.' },
  { parts: ['runner'], is: 'The machine that we run on and the CI that started us: processes, log, clock, secrets.' },
  { parts: ['docker'], is: 'A library for Docker, Swarm and registries that knows nothing of this product.' },
  { parts: ['inputs'], is: 'What the user asks for: read, masked, and refused where it contradicts itself.' },
  { parts: ['connect'], is: 'The connection to a manager of the swarm.' },
  { parts: ['records'], is: 'What deploys have left on the swarm of what they deployed: read, written, removed.' },
  { parts: ['stack'], is: "A stack's files: read, the objects they need made, what is left over removed." },
  { parts: ['plan'], is: 'What is there, what is to be, and whether that can work: nothing has been changed yet.' },
  { parts: ['push'], is: 'Images of archives, sent to their registries before anything of a service is changed.' },
  { parts: ['prepare'], is: 'Images brought to the nodes before anything of a service is changed.' },
  { parts: ['nodes'], is: 'What is done on every node, by docker itself.' },
  { parts: ['rollout'], is: 'Changes sent, watched, judged, and taken back.' },
  { parts: ['strategies'], is: 'The ways in which tasks are replaced.' },
  { parts: ['removal', 'health'], is: 'Services taken away; how those are that run.' },
  { parts: ['lock', 'report'], is: 'What is kept on the swarm, and what is told to the user.' },
  { parts: ['modes'], is: 'A story for each kind of run, made of the stages below.' },
  { parts: ['main'], is: 'Chooses the mode, and catches what it throws.' },
  { parts: ['command'], is: 'The same from a shell: words and variables read, help, exit codes.' },
  { parts: ['run'], is: 'All that both entries load: the step, and the command.' },
  { parts: ['index', 'cli', 'post'], is: 'The entries: the step, the command, and what follows a step.' },
]

/** Whatever a runner hands over or loses, `post` cannot deploy: from it, no import leads to these. */
const OUT_OF_REACH_OF_POST = ['main', 'plan', 'strategies', 'rollout/send', 'rollout/way-back', 'stack/make', 'removal']

/** Imports that go upwards and still stand, `<from> <to>`: the list only ever gets shorter. */
const STILL_UPWARDS: readonly string[] = []

/** The files of ours that are imported as `#name`, from a file of the bundle of their own. */
const NAMED = new Map(
  Object.entries<string>(manifest.imports).flatMap(([name, target]) => {
    const [, path] = /^\.\/src\/(.+)\.ts$/.exec(target) ?? []
    return path === undefined ? [] : [[name, path] as const]
  }),
)

/** A file of `src/`: its path there, with slashes and without `.ts`. */
export interface Source {
  readonly path: string
  readonly text: string
}

interface Import {
  readonly from: string
  readonly to: string
  /** Counted from 1. */
  readonly line: number
}

/**
 * @param allowed imports that may go upwards, `<from> <to>`
 * @returns a line for each import that goes the wrong way or in a circle: where, what, and what to do instead
 */
export function importProblems(sources: readonly Source[], allowed: readonly string[]): string[] {
  const imports = sources.flatMap(importsOf)
  const upwards = imports.flatMap((one) => {
    const problem = upwardsProblem(one)
    return problem === undefined ? [] : [{ pair: `${one.from} ${one.to}`, problem }]
  })
  const needless = allowed.filter((pair) => !upwards.some((one) => one.pair === pair))
  const lasting = imports.filter(({ from, to }) => !allowed.includes(`${from} ${to}`))
  return [
    ...upwards.flatMap(({ pair, problem }) => (allowed.includes(pair) ? [] : [problem])),
    ...needless.map((pair) => `scripts/check-imports.ts: "${pair}" goes upwards no more: take it off STILL_UPWARDS`),
    ...circleProblems(imports),
    ...postProblems(lasting),
  ]
}

/** Imports by which a file leads back to itself, types too: one of its files cannot be read without the others. */
function circleProblems(imports: readonly Import[]): string[] {
  const targets = groupBy(imports, ({ from }) => from)
  return imports.flatMap(({ from, to, line }) => {
    const way = wayBetween(to, from, targets)
    // Told once, at its first file.
    if (way === undefined || way.some((path) => path < from)) return []
    const circle = [from, ...way].join(' > ')
    return [`src/${from}.ts:${line}: ${circle} is a circle: move what two of them need to a file of its own`]
  })
}

/** The shortest way from one file to another by what they import, both ends named; `undefined`: there is none. */
function wayBetween(
  start: string,
  end: string,
  targets: ReadonlyMap<string, readonly Import[]>,
): readonly string[] | undefined {
  const ways = new Map([[start, [start]]])
  for (const [path, way] of ways) {
    if (path === end) return way
    for (const { to } of targets.get(path) ?? []) if (!ways.has(to)) ways.set(to, [...way, to])
  }
  return undefined
}

function upwardsProblem({ from, to, line }: Import): string | undefined {
  const [lower, higher] = [partOf(from), partOf(to)]
  const [own, other] = [rank(lower), rank(higher)]
  const at = `src/${from}.ts:${line}:`
  if (own < 0 || other < 0) {
    return `${at} ${own < 0 ? lower : higher} is in no layer: add it to LAYERS in scripts/check-imports.ts`
  }
  if (lower === higher || other < own) return undefined
  const rule = other === own ? `${lower} and ${higher} do not know each other` : `${lower} lies below ${higher}`
  return `${at} imports ${to}, but ${rule}: move what it needs to ${lower} or below, or hand it over as a parameter`
}

/** Walks all that `post` reaches, and stops at each file that it must not reach. */
function postProblems(imports: readonly Import[]): string[] {
  const trails = new Map([['post', ['post']]])
  // A Map goes on to what is added while it is walked.
  for (const [path, trail] of trails) {
    if (canDeploy(path)) continue
    for (const { from, to } of imports) {
      if (from === path && !trails.has(to)) trails.set(to, [...trail, to])
    }
  }
  return [...trails].flatMap(([path, trail]) =>
    canDeploy(path) ? [`src/post.ts: reaches ${path} (${trail.join(' > ')}), but must not be able to deploy`] : [],
  )
}

function canDeploy(path: string): boolean {
  return OUT_OF_REACH_OF_POST.some((part) => path === part || path.startsWith(`${part}/`))
}

function importsOf({ path, text }: Source): Import[] {
  const specifiers = text.matchAll(
    /^(?:import\b|export\b|\} from )[^\n]*'(\.[^']+)\.ts'|\bimport\((?:\/\*[^*]*\*\/ )?'(?:(\.[^']+)\.ts|(#[^']+))'\)/gm,
  )
  return [...specifiers].flatMap(({ 1: fixed, 2: lazy, 3: named = '', index }) => {
    const relative = fixed ?? lazy
    const to = relative === undefined ? NAMED.get(named) : posix.join(posix.dirname(path), relative)
    return to === undefined ? [] : [{ from: path, to, line: text.slice(0, index).split('\n').length }]
  })
}

/** The folder of a file, or the file itself where it lies in none. */
function partOf(path: string): string {
  return path.split('/')[0] ?? path
}

function rank(part: string): number {
  return LAYERS.findIndex(({ parts }) => parts.includes(part))
}

function readSources(): Source[] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({
      path: name.replaceAll('\\', '/').replace(/\.ts$/, ''),
      text: readFileSync(join(SOURCES, name), 'utf8'),
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = importProblems(readSources(), STILL_UPWARDS)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
