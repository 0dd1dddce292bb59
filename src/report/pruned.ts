import { goneInWords, type Pruned, type PrunedNode, shortName } from '../nodes/prune-images.ts'
import { groupBy } from '../runner/group-by.ts'
import { addSummary } from '../runner/log/command-files.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { someOf } from '../runner/text/some-of.ts'
import { nameCode, plain } from './markdown.ts'

/** What is told of images that went from nodes. */

const MOST_NAMES = 10
const MOST_NODE_CHARACTERS = 200

/** After a deploy: a part of the job summary. */
export function reportPruned(pruned: Pruned | undefined): void {
  if (pruned !== undefined) addSummary(prunedMarkdown(pruned))
}

/** A line for each group of nodes from which the same went. Pure. */
export function prunedMarkdown({ nodes, asked, failed }: Pruned): string {
  const groups = [...groupBy(nodes, ({ gone }) => JSON.stringify(gone.map(({ names }) => names).toSorted())).values()]
  const lines = groups.map((group) => {
    const [{ gone } = { gone: [] } as Pick<PrunedNode, 'gone'>] = group
    const names = someOf(
      gone.map((image) => image.names.map((name) => nameCode(shortName(name))).join(', ')),
      MOST_NAMES,
    )
    return `- ${named(group.map(({ node }) => node))}: ${goneInWords(gone)}${group.length === 1 ? '' : ' on each'}: ${names}`
  })
  const nothing = asked > 0 && nodes.length === 0 ? ['Nothing was to be removed.'] : []
  const not = failed.length === 0 ? [] : [`Not removed from ${named(failed)}: the log says why.`]
  return ['### Old images on the nodes', ...[lines.join('\n')].filter((text) => text !== ''), ...nothing, ...not].join(
    '\n\n',
  )
}

function named(nodes: readonly string[]): string {
  return someOf(
    nodes.map((node) => plain(safeLine(node, MOST_NODE_CHARACTERS))),
    MOST_NAMES,
  )
}
