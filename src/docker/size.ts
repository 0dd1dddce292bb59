/** `340 MB`, `12.3 MB`, `900 kB`, as docker says sizes. */
export function sizeInWords(bytes: number): string {
  const [unit, size] =
    bytes >= 1e9 ? (['GB', 1e9] as const) : bytes >= 1e6 ? (['MB', 1e6] as const) : (['kB', 1e3] as const)
  const amount = bytes / size
  return `${amount >= 100 ? Math.round(amount) : Math.round(amount * 10) / 10} ${unit}`
}
