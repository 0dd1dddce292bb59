/** The names that a template in a variable, a mount or a hostname may fill in (swarmkit, template/context.go). */
const FIELDS = new Set([
  '.',
  '.Service',
  '.Service.ID',
  '.Service.Name',
  '.Service.Labels',
  '.Node',
  '.Node.ID',
  '.Node.Hostname',
  '.Node.Platform',
  '.Node.Platform.Architecture',
  '.Node.Platform.OS',
  '.Task',
  '.Task.ID',
  '.Task.Name',
  '.Task.Slot',
])

/** Names that mean something in an action of Go's templates; every other that no dot or `$` stands before is an error. */
const WORDS = new Set(
  'and block break call continue define else end eq false ge gt html if index join js le len lt ne nil not or print printf println range slice template true urlquery with'.split(
    ' ',
  ),
)

const ACTION = /\{\{(?:- )?\s*(.*?)\s*(?: -)?\}\}/gs
const FIELD = /^\.(?:[\p{L}_][\p{L}\d_]*(?:\.[\p{L}_][\p{L}\d_]*)*)?$/u
const COMMENT = /^\/\*.*\*\/$/s
const STRING = /^(?:"[^"\\]*"|`[^`]*`)$/
const STRINGS = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'/g
const NAMES = /(?<![\p{L}\d_.$])[\p{L}_][\p{L}\d_]*/gu

/** Functions of contents alone (swarmkit, template/context.go). */
const OF_CONTENTS = ['config', 'env', 'secret']

/**
 * Why Swarm will not take a text that it reads as a template of Go; `undefined` when it will, or when that cannot be
 * told without reading it as Go does: only names of functions, plain fields, single words, strings and comments are
 * judged. Swarm tries them on a task that has no labels, so that none can be named (swarmkit,
 * manager/controlapi/service.go). The reason shows nothing of the text, which may be a secret.
 */
export function templateProblem(text: string): string | undefined {
  if (!text.includes('{{')) return undefined
  const actions = [...text.matchAll(ACTION)].map(([, action = '']) => action)
  if (text.replaceAll(ACTION, '').includes('{{')) return actions.length === 0 ? 'its `{{` has no end' : undefined
  const unknown = actions.flatMap(namesIn).filter((name) => !WORDS.has(name))
  const ofContents = OF_CONTENTS.find((name) => unknown.includes(name))
  if (ofContents !== undefined) return `\`${ofContents}\` is for the contents of configs and secrets that are templates`
  if (unknown.length > 0) return UNKNOWN
  if (!actions.every(isPlain)) return undefined
  if (actions.includes('')) return 'there is nothing in its `{{ }}`'
  return actions.some((action) => FIELD.test(action) && !FIELDS.has(action)) ? UNKNOWN : undefined
}

const UNKNOWN = 'it names what Swarm does not know in its `{{ }}`'

/** The functions and words that stand in an action: Go looks them up as it reads, whatever stands around them. */
function namesIn(action: string): string[] {
  const bare = action.replaceAll(STRINGS, ' ')
  if (COMMENT.test(action) || /["'`]/.test(bare)) return []
  return [...bare.matchAll(NAMES)].map(([name]) => name)
}

/** What can be judged by itself; a word of Go's own may change what the others mean. */
function isPlain(action: string): boolean {
  return action === '' || FIELD.test(action) || COMMENT.test(action) || STRING.test(action)
}
