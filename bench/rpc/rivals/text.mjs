/** For those that carry text only: the same number of characters, made once for each body. */
let last;
let text;

export function asText(bytes) {
  if (bytes !== last) {
    last = bytes;
    text = bytes.toString("latin1");
  }
  return text;
}
