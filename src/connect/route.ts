/** An open connection to the place where one daemon listens. */
export interface Route extends Disposable {
  /** As the user wrote it. */
  readonly text: string
  /** The environment in which every docker command takes this route. */
  readonly env: Readonly<Record<string, string>>
  /** What was said against docker's use of it, in the user's words. */
  explain(said: string): string
}
