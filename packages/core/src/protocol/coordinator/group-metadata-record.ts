// Decides the records of classic groups in __consumer_offsets.
import { array, bytes, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const groupMetadataKey = message({
  name: 'GroupMetadataKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    group: string(),
  },
});
export type GroupMetadataKey = MessageOf<typeof groupMetadataKey>;
export type GroupMetadataKeyInput = MessageInputOf<typeof groupMetadataKey>;

const memberMetadata = struct('MemberMetadata', {
  memberId: string(),
  groupInstanceId: string({ since: 3, nullableSince: 3, default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ since: 1, default: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
});

export const groupMetadataValue = message({
  name: 'GroupMetadataValue',
  type: 'data',
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: string({ nullableSince: 0 }),
    leader: string({ nullableSince: 0 }),
    currentStateTimestamp: int64({ since: 2, default: -1, ignorable: true }),
    members: array(memberMetadata),
  },
});
export type GroupMetadataValue = MessageOf<typeof groupMetadataValue>;
export type GroupMetadataValueInput = MessageInputOf<typeof groupMetadataValue>;
