/** A line of the log on a service, whose name stands in a column beside those of others. */
export function lineOf(name: string, text: string): RegExp {
  return new RegExp(`${escaped(name)}: +${escaped(text)}`)
}

/** The line with which a stage begins in what a runner reads, folded or not. */
export function stageLine(title: string): RegExp {
  return new RegExp(`^(?:::group::|(?:\u001b\\[1m)?== )${escaped(title)}(?:\u001b\\[0m)?\n`, 'm')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
