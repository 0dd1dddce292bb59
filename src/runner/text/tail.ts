import { redact } from '../secrets/secret.ts'

const MOST_BYTES = 64 * 1024
const LINE_END = /[\r\n]+/

/** The end of what a program prints without end, in which no secret is known by half. */
export class Tail {
  #bytes = Buffer.alloc(0)
  #lostBytes = 0

  add(chunk: Buffer): void {
    const all = Buffer.concat([this.#bytes, chunk])
    this.#bytes = all.subarray(-MOST_BYTES)
    this.#lostBytes += all.length - this.#bytes.length
  }

  /** How many bytes came before those that are left. */
  get lostBytes(): number {
    return this.#lostBytes
  }

  /** Its whole lines: what is left of one that has lost its beginning may be half of a secret. */
  lines(): string[] {
    const text = this.#bytes.toString()
    const whole = this.#lostBytes === 0 ? text : text.split(LINE_END).slice(1).join('\n')
    // Before they are told apart: a secret may be broken into several.
    return redact(whole)
      .split(LINE_END)
      .filter((line) => line.trim() !== '')
  }

  /** The same as one text, which is not empty when something was printed. */
  text(): string {
    const text = this.lines().join('\n')
    const isOneLine = text === '' && this.#lostBytes > 0
    return isOneLine ? `a line of more than ${MOST_BYTES.toLocaleString('en')} bytes, which is not shown` : text
  }
}
