/** So many of one list or service are told in one run. */
const MOST = 8

/**
 * All that docker says against something, though it ends at its first complaint.
 *
 * @param next asks again without what a complaint is about; `undefined`: there is no other, or it names nothing
 */
export async function allComplaints(
  first: string,
  next: (complaint: string) => Promise<string | undefined>,
): Promise<string[]> {
  const told = [first]
  while (told.length < MOST) {
    const other = await next(told.at(-1) ?? '')
    if (other === undefined || told.includes(other)) break
    told.push(other)
  }
  return told
}
