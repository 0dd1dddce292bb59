import type { Node } from '../api.ts'

/** What a node is called; its ID where it is gone or has no name yet. Several may share one: then the ID tells them apart. */
export function nodeName(id: string, nodes: readonly Node[]): string
export function nodeName(id: string | undefined, nodes: readonly Node[]): string | undefined
export function nodeName(id: string | undefined, nodes: readonly Node[]): string | undefined {
  const node = nodes.find(({ ID }) => ID === id)
  if (node === undefined) return id
  const name = node.Description.Hostname
  if (!name) return node.ID
  const sharesName = nodes.filter((other) => other.Description.Hostname === name).length > 1
  return sharesName ? `${name} (${node.ID})` : name
}
