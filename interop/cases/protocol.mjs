// Apache's own message definitions, serializers and record batches against our codecs.
export function protocolCases() {
  return [];
}
