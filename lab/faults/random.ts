/** Numbers that only look random: equal seeds give equal ones, on every machine. */
export class Random {
  #state: number

  /** @param seed of the whole series, and the number of the run in it: a run can be had without those before it */
  constructor(seed: number, run: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(run + 1, 0x85ebca6b)) >>> 0
    for (let warmingUp = 0; warmingUp < 4; warmingUp++) this.#next()
  }

  /** From 0 up to, and without, 1. Mulberry32, by Tommy Ettinger. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both of them included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1))
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.#next() * 100 < percent
  }

  /** One of them; what is there twice is chosen twice as often. */
  pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    const choice = choices[this.between(0, choices.length - 1)]
    if (choice === undefined) throw new Error('Nothing to choose from.')
    return choice
  }

  /** All of them in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, place: this.#next() }))
      .sort((one, other) => one.place - other.place)
      .map(({ item }) => item)
  }
}
