import { MalformedMessageError } from '../../src/protocol/codec/errors.js';
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../src/protocol/messages/consumer-protocol.js';
import { decodeVersioned, encodeVersioned } from '../../src/protocol/versioned-message.js';

const subscription = {
  topics: ['a', 'b'],
  userData: Buffer.from('u'),
  ownedPartitions: [],
  generationId: 5,
  rackId: 'r',
};

test('the version stands in front', () => {
  const bytes = encodeVersioned(consumerProtocolSubscription, 2, { ...subscription });
  expect(bytes.readInt16BE(0)).toBe(2);
  expect(decodeVersioned(consumerProtocolSubscription, bytes, 'refused')).toStrictEqual({
    ...subscription,
    rackId: null,
  });
});

test('C5: a newer version is read as the newest that is known, with what follows ignored', () => {
  const bytes = Buffer.concat([
    encodeVersioned(consumerProtocolSubscription, 3, subscription),
    Buffer.from('later'),
  ]);
  bytes.writeInt16BE(9);
  expect(decodeVersioned(consumerProtocolSubscription, bytes, 'read-as-newest')).toStrictEqual(subscription);
  expect(() => decodeVersioned(consumerProtocolSubscription, bytes, 'refused')).toThrow(
    /versions 0 to 3 are known/,
  );
});

test.each(['', '00', 'ffff00000000', '000000000001', '0000'])('the bytes "%s" are malformed', (hex) => {
  const read = () => decodeVersioned(consumerProtocolAssignment, Buffer.from(hex, 'hex'), 'read-as-newest');
  expect(read).toThrow(MalformedMessageError);
});
