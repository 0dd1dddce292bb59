/** As many of the texts as have room, each with a line end, from the first on. */
export function fitting(texts: readonly string[], room: number, sizeOf: (text: string) => number): string[] {
  let left = room
  const first = texts.findIndex((text) => {
    left -= sizeOf(text) + 1
    return left < 0
  })
  return first < 0 ? [...texts] : texts.slice(0, first)
}
