/** So many things in words: `1 task`, `3 tasks`. @param thing whose plural ends with an s */
export function counted(count: number, thing: string): string {
  return `${count} ${count === 1 ? thing : `${thing}s`}`
}
