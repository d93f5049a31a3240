// Decides how text is hashed where Kafka places things by Java's String.hashCode (G8).

/** Java's String.hashCode: over UTF-16 code units, wrapping at 32 bits. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  return hash;
}

/** The partition, of `partitionCount`, that Kafka gives a group or transactional id (G8: the least int32 counts as 0). */
export function partitionForId(id: string, partitionCount: number): number {
  const hash = javaStringHash(id);
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitionCount;
}
