/** Lines on a terminal that are drawn anew in their place, below those of the log. */

const ESCAPE = '\u001b'
const CARRIAGE_RETURN = '\r'
/** Control sequences of ECMA-48: erase to the end of the screen, and the cursor some lines up. */
const ERASE_BELOW = '\u001b[J'
const up = (rows: number) => (rows === 0 ? '' : `\u001b[${rows}A`)
/** What a row must leave free, or the terminal begins another one. */
const MARGIN = 1
/** Of the rows of a terminal, so that the log stays in sight. */
const OF_LOG = 4

/** Codes of colours have no width, nor have marks that stand above others. */
const NO_WIDTH = new RegExp(`${ESCAPE}\\[[0-9;]*m|\\p{M}`, 'gu')
/** What takes two columns: East Asian scripts, and pictures (Unicode TR 11, in short). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u

export interface Terminal {
  write(text: string): void
  /** `undefined` where it does not tell. */
  size(): { readonly columns: number | undefined; readonly rows: number | undefined }
}

/** How many columns a text takes. */
export function widthOf(text: string): number {
  return [...text.replace(NO_WIDTH, '')].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0)
}

/** The text, or its beginning, in so many columns. */
export function fitted(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let width = 0
  let fit = ''
  for (const character of text) {
    width += widthOf(character)
    if (width > columns - 1) break
    fit += character
  }
  return `${fit}…`
}

export class Screen {
  readonly #terminal: Terminal
  /** By their keys, in the order in which they came. */
  readonly #lines = new Map<string, () => string>()
  /** As they stand there. */
  #drawn: readonly string[] = []

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Something is written above the live lines, to this terminal: whole lines. */
  above(write: () => void): void {
    this.#erase()
    write()
    this.#draw()
  }

  /** Shows a line, or another text in its place. */
  show(key: string, text: () => string): void {
    this.#lines.set(key, text)
    this.refresh()
  }

  /** Takes a line away, or all of them. */
  drop(key?: string): void {
    if (key === undefined) this.#lines.clear()
    else if (!this.#lines.delete(key)) return
    this.refresh()
  }

  /** Draws all lines as they are now. */
  refresh(): void {
    const now = this.#fitting()
    if (now.length === this.#drawn.length && now.every((line, index) => line === this.#drawn[index])) return
    this.#erase()
    this.#draw(now)
  }

  #erase(): void {
    const { columns = 80 } = this.#terminal.size()
    // The terminal may be narrower by now, and have broken what stands there.
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
    if (rows > 0) this.#terminal.write(`${CARRIAGE_RETURN}${up(rows)}${ERASE_BELOW}`)
    this.#drawn = []
  }

  #draw(lines = this.#fitting()): void {
    this.#drawn = lines
    if (lines.length > 0) this.#terminal.write(`${lines.join('\n')}\n`)
  }

  #fitting(): string[] {
    const { columns = 80, rows = 24 } = this.#terminal.size()
    const room = Math.max(1, rows - OF_LOG)
    const all = [...this.#lines.values()]
    const shown = all.length <= room ? all : all.slice(0, room - 1)
    const more = all.length - shown.length
    const texts = shown.map((text) => text())
    return [...texts, ...(more > 0 ? [`        and ${more} more`] : [])].map((line) => fitted(line, columns - MARGIN))
  }
}
