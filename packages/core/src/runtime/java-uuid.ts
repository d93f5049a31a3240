// Decides the form of the UUIDs in member ids: Java's, so that tools and logs read them as they are used to.
import type { Random } from '../ports/random.js';

const version = 0x40;
const variant = 0x80;

/** A random UUID (version 4) in its form with hyphens. */
export function randomJavaUuid(random: Random): string {
  const bytes = random.nextBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | version;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | variant;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
