const ESCAPE = '\u001b'
const PARTS = new RegExp(`${ESCAPE}\\[\\d*[AJ]|\\r|\\n|[^${ESCAPE}\\r\\n]+`, 'g')
const UP = new RegExp(`^${ESCAPE}\\[(\\d+)A$`)

/** A terminal that does what the codes say, as far as they are used. */
export class Glass {
  columns: number
  rows = 24
  readonly #rows: string[] = ['']

  constructor(columns: number) {
    this.columns = columns
  }

  write(text: string): void {
    for (const [part] of text.matchAll(PARTS)) {
      const up = UP.exec(part)?.[1]
      if (up !== undefined) this.#rows.length -= Number(up)
      else if (part === '\u001b[J') this.#rows[this.#rows.length - 1] = ''
      else if (part === '\n') this.#rows.push('')
      else if (part !== '\r') this.#print(part)
    }
  }

  #print(text: string): void {
    for (let rest = text; rest !== ''; rest = rest.slice(this.columns)) {
      this.#rows[this.#rows.length - 1] = rest.slice(0, this.columns)
      if (rest.length > this.columns) this.#rows.push('')
    }
  }

  size() {
    return { columns: this.columns, rows: this.rows }
  }

  /** All rows that were finished, also those that have scrolled away. */
  get shown(): string[] {
    return this.#rows.slice(0, -1)
  }
}
