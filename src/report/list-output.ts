/** A list as JSON for an output, and how many of its entries have no room in it. */
export interface ListOutput {
  readonly json: string
  readonly leftOut: number
}

/**
 * Valid JSON of at most so many characters: with texts that are as long as there is room for, and where even short ones
 * have too little, without the last entries that do not fit. Pure.
 *
 * @param entries the list, with its texts cut to so many characters
 * @param cuts how long the texts may be, tried in turn
 * @param byNeed the same list with what is needed most first; the list itself unless given
 */
export function listOutput(
  entries: (most: number) => readonly unknown[],
  cuts: readonly number[],
  mostCharacters: number,
  byNeed = entries,
): ListOutput {
  for (const most of cuts) {
    const json = JSON.stringify(entries(most))
    if (json.length <= mostCharacters) return { json, leftOut: 0 }
  }
  const last = byNeed(cuts.at(-1) ?? 0)
  let room = mostCharacters
  const fit = last.filter((entry) => {
    if (room > 0) room -= JSON.stringify(entry).length + 1
    return room > 0
  })
  return { json: JSON.stringify(fit), leftOut: last.length - fit.length }
}
