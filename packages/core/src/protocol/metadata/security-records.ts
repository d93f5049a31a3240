// Decides the records of ACLs and SCRAM credentials in the cluster metadata log.
import { bytes, int32, int8, string, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const accessControlEntryRecord = message({
  name: 'AccessControlEntryRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  },
});
export type AccessControlEntryRecord = MessageOf<typeof accessControlEntryRecord>;
export type AccessControlEntryRecordInput = MessageInputOf<typeof accessControlEntryRecord>;

export const removeAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: uuid(),
  },
});
export type RemoveAccessControlEntryRecord = MessageOf<typeof removeAccessControlEntryRecord>;
export type RemoveAccessControlEntryRecordInput = MessageInputOf<typeof removeAccessControlEntryRecord>;

export const userScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string(),
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  },
});
export type UserScramCredentialRecord = MessageOf<typeof userScramCredentialRecord>;
export type UserScramCredentialRecordInput = MessageInputOf<typeof userScramCredentialRecord>;

export const removeUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string(),
    mechanism: int8(),
  },
});
export type RemoveUserScramCredentialRecord = MessageOf<typeof removeUserScramCredentialRecord>;
export type RemoveUserScramCredentialRecordInput = MessageInputOf<typeof removeUserScramCredentialRecord>;
