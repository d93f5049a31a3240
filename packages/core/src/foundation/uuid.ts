// Decides how a UUID is shown: Kafka's form, the 16 bytes in base64url without padding (22 characters).

export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Kafka keeps this one for the metadata topic; a random uuid is never it (Uuid.METADATA_TOPIC_ID). */
export const metadataTopicUuid = 'AAAAAAAAAAAAAAAAAAAAAQ';

const uuidBytes = 16;
const uuidPattern = /^[A-Za-z0-9_-]{21}[AQgw]$/;

export class InvalidUuidError extends Error {
  override readonly name = 'InvalidUuidError';

  constructor(readonly text: string) {
    super(`"${text}" is no uuid: 22 characters of base64url are expected, as in "${zeroUuid}"`);
  }
}

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

export function uuidFromBytes(buffer: Buffer, offset: number): string {
  for (let at = offset; at < offset + uuidBytes; at++) {
    if (buffer[at] !== 0) return buffer.toString('base64url', offset, offset + uuidBytes);
  }
  return zeroUuid;
}

export function uuidToBytes(text: string, buffer: Buffer, offset: number): void {
  if (!isUuid(text)) throw new InvalidUuidError(text);
  buffer.write(text, offset, uuidBytes, 'base64url');
}

/** A version 4 uuid that does not start with '-', so that it can be typed after an option (Uuid.randomUuid). */
export function randomUuid(random: { nextBytes(size: number): Buffer }): string {
  for (;;) {
    const bytes = Buffer.from(random.nextBytes(uuidBytes));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const text = uuidFromBytes(bytes, 0);
    if (!text.startsWith('-')) return text;
  }
}
