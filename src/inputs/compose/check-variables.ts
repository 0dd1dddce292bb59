import { mayBeSecret, mayHoldSecret } from '../../runner/secrets/may-be-secret.ts'
import { safeLine } from '../../runner/text/safe-text.ts'
import { placed } from '../../runner/text/shown.ts'
import type { YamlText, YamlValue } from '../yaml.ts'
import type { Findings } from './findings.ts'
import { isUnset, type LookUp, type Substitution, substitutionsIn } from './variables.ts'

/** Notes the variables of a value, and tells those that docker would not fill in, or not as is meant. */
export function checkVariables(path: string, value: YamlValue, lookUp: LookUp, findings: Findings): void {
  if (value.kind === 'list') for (const item of value.items) checkVariables(path, item, lookUp, findings)
  if (value.kind === 'map') for (const entry of value.entries) checkVariables(path, entry.value, lookUp, findings)
  if (value.kind === 'text') checkVariablesOfText(path, value, lookUp, findings)
}

/** The same of one text. */
export function checkVariablesOfText(
  path: string,
  { value, line, style }: YamlText,
  lookUp: LookUp,
  findings: Findings,
): void {
  for (const found of substitutionsIn(value, line + (style === 'block' ? 1 : 0))) {
    if (found.kind === 'variable') findings.variables.add(found.name)
    for (const reason of reasonsAgainst(found, lookUp)) {
      findings.addProblemOnce(`${path} line ${found.line}: ${reason}`)
    }
  }
}

function reasonsAgainst(found: Substitution, lookUp: LookUp): string[] {
  if (found.kind === 'invalid') return [found.reason]
  const { name, needs, words, misread } = found
  const reasons: string[] = []
  if (isUnset(found, lookUp)) {
    const state = lookUp(name) === undefined ? 'not set' : 'empty'
    const setIt = 'set it in the `env` of the step or in an `env-file`'
    reasons.push(
      needs === 'value'
        ? `the variable ${placed(name)} is ${state} and has no default: ${setIt}, or write \${${mayBeSecret(name) ? '…' : name}:-…}`
        : `the variable ${placed(name)} is ${state}${wordsInWords(words)}: ${setIt}`,
    )
  }
  if (misread !== '') {
    const what = needs === 'default' ? 'default' : 'message'
    reasons.push(
      `docker stack takes the ${misread} in the ${what} of ${placed(name)} for the beginning of another: write the ${what} without ${misread}`,
    )
  }
  return reasons
}

/** What the author of a file says of a variable that has to be set. */
function wordsInWords(words: string): string {
  const said = words.trim()
  return said === '' || mayHoldSecret(said) ? '' : `, of which the file says "${safeLine(said, 300)}"`
}
