import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

/**
 * `npm run build`: makes `dist/` from the sources: the step, beside it what few runs need and it loads only
 * then, and the licences of the libraries that are in it.
 *
 * @param directory is emptied first
 */
export async function bundle(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true })
  const { metafile } = await build({
    entryPoints: ['src/index.ts'],
    outdir: directory,
    bundle: true,
    splitting: true,
    chunkNames: '[name]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    charset: 'utf8',
    legalComments: 'none',
    // Libraries that are no modules ask for Node's own parts by `require`.
    banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
    plugins: [withoutIdentityTokens],
    metafile: true,
  })
  // Also where somebody copies the directory alone, its files are modules.
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(directory, 'licenses.txt'), licences(packagesIn(metafile)).join('\n'))
}

/**
 * Nobody here asks GitHub for an identity token, but the part of `@actions/core` that does brings an HTTP client along
 * which takes a fifth of the start. To leave out what is not used, the bundler must be told that loading it does nothing.
 */
const withoutIdentityTokens: Plugin = {
  name: 'without-identity-tokens',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/oidc-utils\.js$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path),
      sideEffects: false,
    }))
  },
}

/** The directories of all packages of which something is in the bundle. */
function packagesIn({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs))
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
