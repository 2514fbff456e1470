/**
 * Base64 text of bytes, for pictures inside of SVG and numbers inside of XML.
 * Source: RFC 4648, section 4.
 */

/** Bytes turned at once: a multiple of 3, so that only the last part is padded. */
const partLength = 3 * 4096;

/**
 * Base64 text of bytes.
 * @param bytes  any length
 * @returns      4 characters for every 3 bytes begun
 */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += partLength)
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + partLength)));
  return text;
}
