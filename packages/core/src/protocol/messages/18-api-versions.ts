// Decides the ApiVersions messages (API key 18) on the wire.
import { array, bool, int16, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const apiVersionsRequest = message({
  name: 'ApiVersionsRequest',
  type: 'request',
  apiKey: 18,
  versions: [0, 5],
  flexibleSince: 3,
  fields: {
    clientSoftwareName: string({ since: 3, ignorable: true }),
    clientSoftwareVersion: string({ since: 3, ignorable: true }),
    clusterId: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
    nodeId: int32({ since: 5, default: -1, ignorable: true }),
  },
});
export type ApiVersionsRequest = MessageOf<typeof apiVersionsRequest>;
export type ApiVersionsRequestInput = MessageInputOf<typeof apiVersionsRequest>;

const apiVersion = struct('ApiVersion', {
  apiKey: int16(),
  minVersion: int16(),
  maxVersion: int16(),
});

const supportedFeatureKey = struct('SupportedFeatureKey', {
  name: string({ since: 3 }),
  minVersion: int16({ since: 3 }),
  maxVersion: int16({ since: 3 }),
});

const finalizedFeatureKey = struct('FinalizedFeatureKey', {
  name: string({ since: 3 }),
  maxVersionLevel: int16({ since: 3 }),
  minVersionLevel: int16({ since: 3 }),
});

export const apiVersionsResponse = message({
  name: 'ApiVersionsResponse',
  type: 'response',
  apiKey: 18,
  versions: [0, 5],
  flexibleSince: 3,
  fields: {
    errorCode: int16(),
    apiKeys: array(apiVersion),
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    supportedFeatures: array(supportedFeatureKey, { since: 3, tag: 0, ignorable: true }),
    finalizedFeaturesEpoch: int64({ since: 3, tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: array(finalizedFeatureKey, { since: 3, tag: 2, ignorable: true }),
    zkMigrationReady: bool({ since: 3, tag: 3, default: false, ignorable: true }),
  },
});
export type ApiVersionsResponse = MessageOf<typeof apiVersionsResponse>;
export type ApiVersionsResponseInput = MessageInputOf<typeof apiVersionsResponse>;
