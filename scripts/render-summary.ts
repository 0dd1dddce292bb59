import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { marked } from 'marked'
import { command } from './command.ts'

/**
 * Pictures of a job summary as GitHub shows it: its styles, its Markdown and Mermaid, in a headless Chromium.
 *
 *     node scripts/render-summary.ts summary.md out-directory
 */

export type Scheme = 'light' | 'dark'
export const SCHEMES: readonly Scheme[] = ['light', 'dark']

/** As wide as the column of a run's page. */
const WIDTH = 1012
const BACKGROUND: Readonly<Record<Scheme, string>> = { light: '#ffffff', dark: '#0d1117' }
/** Mermaid's own themes, which GitHub chooses by the scheme of the reader. */
const MERMAID_THEME: Readonly<Record<Scheme, string>> = { light: 'default', dark: 'dark' }

const run = promisify(execFile)
const { resolve: resolvePackage } = createRequire(import.meta.url)

/** @throws Error that says what to install */
export async function requireChromium(): Promise<void> {
  await run('chromium', ['--version']).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error('Pictures need Chromium, and there is none: apt-get install chromium')
  })
}

/**
 * Writes one picture of a summary.
 *
 * @param to the path of the PNG
 * @throws when Mermaid does not draw what the summary has
 */
export async function renderSummary(markdown: string, scheme: Scheme, to: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'summary-'))
  try {
    const page = join(directory, 'page.html')
    await copyFile(resolvePackage('mermaid/dist/mermaid.min.js'), join(directory, 'mermaid.js'))
    await writeFile(page, await htmlOf(markdown, scheme))
    const { stdout: dom } = await chromium(directory, ['--dump-dom', `--window-size=${WIDTH},800`, `file://${page}`])
    const [, height = '', problem = ''] = /<title>(\d+) ?([^<]*)<\/title>/.exec(dom) ?? []
    if (height === '' || problem !== '') throw new Error(`the summary was not drawn: ${problem || 'no title'}`)
    await chromium(directory, [`--screenshot=${to}`, `--window-size=${WIDTH},${height}`, `file://${page}`])
  } finally {
    await rm(directory, { recursive: true })
  }
}

function chromium(directory: string, args: readonly string[]) {
  const common = ['--headless', '--no-sandbox', '--hide-scrollbars', '--disable-gpu', '--virtual-time-budget=30000']
  const options = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, HOME: directory } }
  return run('chromium', [...common, `--user-data-dir=${join(directory, 'profile')}`, ...args], options)
}

async function htmlOf(markdown: string, scheme: Scheme): Promise<string> {
  const css = await readFile(resolvePackage(`github-markdown-css/github-markdown-${scheme}.css`), 'utf8')
  const body = (await marked(markdown, { gfm: true })).replace(
    /<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g,
    '<pre class="mermaid">$1</pre>',
  )
  return `<!doctype html><meta charset="utf-8"><title></title>
<style>${css}
body { margin: 0; background: ${BACKGROUND[scheme]} }
article { box-sizing: border-box; padding: 24px }
article pre.mermaid { background: none; padding: 0 }
</style>
<article class="markdown-body">${body}</article>
<script src="mermaid.js"></script>
<script>
mermaid.initialize({ startOnLoad: false, theme: '${MERMAID_THEME[scheme]}', securityLevel: 'strict' })
mermaid.run({ querySelector: '.mermaid' }).then(() => '', String).then((problem) => {
  document.title = Math.ceil(document.querySelector('article').getBoundingClientRect().height) + ' ' + problem
})
</script>`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file = '', directory = '.'] = process.argv.slice(2)
  await command(async () => {
    await requireChromium()
    const markdown = await readFile(file, 'utf8')
    for (const scheme of SCHEMES) {
      const to = join(directory, `${basename(file, '.md')}-${scheme}.png`)
      await renderSummary(markdown, scheme, to)
      process.stdout.write(`${to}\n`)
    }
  })
}
