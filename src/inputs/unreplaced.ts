/** Text that stands for a value which nobody has put in its place. Pure. */

/**
 * Names of variables as shells and CIs write them, which leave one as it is where they know no value for it. A user name
 * may be `$oauthtoken`, so those of a shell have capitals or braces here.
 */
const REFERENCES: readonly (readonly [RegExp, string])[] = [
  [/^\$(?:[A-Z][A-Z0-9_]+|\{[A-Za-z_]\w*\})$/, '`$NAME`, which only a shell replaces'],
  [/^\$\([A-Za-z_][\w.-]*\)$/, '`$(NAME)`, which only Azure Pipelines replaces, where it has such a variable'],
  [/^%[A-Za-z_][\w.-]*%$/, '`%NAME%`, which only Windows and TeamCity replace'],
  [/^\$\[\[[^[\]]*\]\]$/, '`$[[ … ]]`, which only GitLab replaces, in a component'],
  [/^\{\{[^{}]*\}\}$/, '`{{ … }}`, which only a tool for templates replaces'],
  [/^<<[^<>]*>>$/, '`<< … >>`, which only CircleCI replaces'],
]

/** The form of a reference that a whole text is, and who would have replaced it; `undefined` where it is none. */
export function referenceIn(text: string): string | undefined {
  const plain = text.trim()
  return REFERENCES.find(([form]) => form.test(plain))?.[1]
}

/** An expression of a workflow, which is replaced in the workflow file alone: in a file that a step reads it stays. */
const EXPRESSION = /^\$\{\{.*\}\}$/s

/** Whether a whole text is an expression of a workflow. */
export function isExpression(text: string): boolean {
  return EXPRESSION.test(text.trim())
}

/** Whether an expression of a workflow is anywhere in a text. */
export function holdsExpression(text: string): boolean {
  return /\$\{\{.*?\}\}/s.test(text)
}

/** The first variable that an address still has in it. */
export function variableIn(address: string): string | undefined {
  return /\$(?:\{\{.*?\}\}|\{\w+\}|\([A-Za-z_][\w.]*\)|[A-Z][A-Z0-9_]+\b)|%[A-Z][A-Z0-9_]+%/.exec(address)?.[0]
}
