import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, type BuildResult, build, type Plugin } from 'esbuild'

/** Loaded by few runs only, and then by either entry: a file of its own, with all that it needs. */
const INSTALLER = '@actions/tool-cache'

/**
 * `npm run build`: makes `dist/` from the sources: the step and its `post`, what the two have in common, beside them
 * what few runs need and load only then, and the licences of the libraries that are in it.
 *
 * @param directory is emptied first
 */
export async function bundle(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true })
  const shared: BuildOptions = {
    outdir: directory,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    // Libraries that are no modules ask for Node's own parts by `require`.
    banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
    metafile: true,
  }
  const built = await Promise.all([
    build({
      ...shared,
      entryPoints: ['src/index.ts', 'src/post.ts'],
      splitting: true,
      chunkNames: '[name]',
      plugins: [besides(INSTALLER, './tool-cache.js')],
    }),
    build({ ...shared, entryPoints: { 'tool-cache': INSTALLER } }),
  ])
  // Also where somebody copies the directory alone, its files are modules.
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(directory, 'licenses.txt'), licences(packagesIn(built)).join('\n'))
}

/** Leaves a package out of the bundle: it is to be found at a path beside it. */
function besides(name: string, path: string): Plugin {
  return {
    name: 'besides',
    setup({ onResolve }) {
      onResolve({ filter: /^@/ }, (asked) => (asked.path === name ? { path, external: true } : undefined))
    },
  }
}

/** The directories of all packages of which something is in the bundle. */
function packagesIn(built: readonly BuildResult[]): string[] {
  const outputs = built.flatMap(({ metafile }) => Object.values(metafile?.outputs ?? {}))
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs))
  return [...new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []))].toSorted()
}

function licences(packages: readonly string[]): string[] {
  return packages.map((directory) => {
    const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    const file = readdirSync(directory).find((one) => /^licen[cs]e(?:\.|$)/i.test(one))
    if (file === undefined) throw new Error(`${directory} has no licence that could be passed on`)
    return `${name} ${version}\n${license}\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`
  })
}

if (import.meta.main) await bundle('dist')
