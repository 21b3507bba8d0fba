/** What a call with so many arguments can take is taken at once. */
const chunkBytes = 4096;

/** A text that is the same for the same bytes and no others, to find them by in a map: one character for each byte. */
export function keyText(bytes: Uint8Array): string {
  if (bytes.length <= chunkBytes) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) text += keyText(bytes.subarray(at, at + chunkBytes));
  return text;
}
