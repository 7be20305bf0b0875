/**
 * A document with a text between two markers, in place of what stood there.
 * @throws RangeError if the document has no such markers
 */
export function withBetween(
  document: string,
  [first, last]: readonly [first: string, last: string],
  text: string,
): string {
  const [begin, end] = [document.indexOf(first), document.indexOf(last)];
  if (begin < 0 || end < begin) throw new RangeError(`the document must have "${first}" before "${last}"`);
  return `${document.slice(0, begin + first.length)}\n\n${text}\n\n${document.slice(end)}`;
}
