/** CRC-32 as Kraken's checksums are made with, for the one check in thousands that somebody wants to see. */

const TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1
  return value >>> 0
})

/** The sum of a text of digits. */
export function crc32(digits: string): number {
  let sum = 0xffff_ffff
  for (let at = 0; at < digits.length; at += 1)
    sum = (sum >>> 8) ^ (TABLE[(sum ^ digits.charCodeAt(at)) & 0xff] ?? 0)
  return ~sum >>> 0
}
