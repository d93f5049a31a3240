import { SerializationError } from '../../src/client/errors.js';
import { deserializers, serializers } from '../../src/client/serialization/serializers.js';

const context = { topic: 'flights', partition: 3, offset: 42, part: 'value' as const };

describe('serializers', () => {
  test.each([
    ['int32', 258, '00000102'],
    ['int64', 258, '0000000000000102'],
    ['float64', 1, '3ff0000000000000'],
  ] as const)('%s writes what Kafka writes', (name, value, hex) => {
    expect((serializers[name].serialize('t', value) as Buffer).toString('hex')).toBe(hex);
    expect(deserializers[name].deserialize(Buffer.from(hex, 'hex'), context)).toBe(value);
  });

  test.each([
    ['int32', 2 ** 31],
    ['int32', 1.5],
    ['int64', 2 ** 53],
    ['int64', 2n ** 63n],
    ['string', 5],
    ['uuid', 'no'],
    ['bytes', 'text'],
  ] as const)('%s refuses %s', (name, value) => {
    expect(() => serializers[name].serialize('t', value as never)).toThrow(TypeError);
  });

  test('bad JSON names topic, partition and offset', () => {
    let caught: unknown;
    try {
      deserializers.json.deserialize(Buffer.from('{"a":'), context);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SerializationError);
    expect(caught).toMatchObject({
      topic: 'flights',
      partition: 3,
      offset: 42,
      part: 'value',
      code: 'SERIALIZATION_FAILED',
    });
    expect((caught as Error).message).toBe(
      'Cannot read the value of flights-3 at offset 42: it is not JSON: "{\\"a\\":"',
    );
  });

  test('numbers of the wrong size are refused, not misread', () => {
    expect(() => deserializers.int32.deserialize(Buffer.alloc(5), context)).toThrow(
      /it has 5 bytes where 4 are needed/,
    );
  });
});
