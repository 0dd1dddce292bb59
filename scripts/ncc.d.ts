/** What `scripts/bundle.ts` uses of ncc, which brings no types of its own. */
declare module '@vercel/ncc' {
  /** A module of the bundle, or several that webpack has joined to one. */
  export interface Module {
    /** The file that it was read from; Node's own modules have none. */
    readonly resource?: string
    readonly modules?: Iterable<Module>
  }

  export interface Options {
    /** `false`: nothing is kept for the next build. */
    readonly cache: false
    readonly quiet: boolean
    /** Under which the code will lie: chunks are named after it. */
    readonly filename: string
    /** The oldest JavaScript that webpack's own code is to run on. */
    readonly target: string
  }

  export interface Bundle {
    readonly code: string
    /** What is to lie beside the code, by file name. */
    readonly assets: Readonly<Record<string, { readonly source: string | Uint8Array }>>
    readonly stats: { readonly compilation: { readonly modules: Iterable<Module> } }
  }

  /** @param entry an absolute path */
  export default function ncc(entry: string, options: Options): Promise<Bundle>
}
