/** The variables of the step, as Node has them. */
export type Environment = Readonly<Record<string, string | undefined>>
