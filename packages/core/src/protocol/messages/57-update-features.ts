// Decides the UpdateFeatures messages (API key 57) on the wire.
import { array, bool, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const featureUpdateKey = struct('FeatureUpdateKey', {
  feature: string(),
  maxVersionLevel: int16(),
  allowDowngrade: bool({ until: 0 }),
  upgradeType: int8({ since: 1, default: 1 }),
});

export const updateFeaturesRequest = message({
  name: 'UpdateFeaturesRequest',
  type: 'request',
  apiKey: 57,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    timeoutMs: int32({ default: 60000 }),
    featureUpdates: array(featureUpdateKey),
    validateOnly: bool({ since: 1, default: false }),
  },
});
export type UpdateFeaturesRequest = MessageOf<typeof updateFeaturesRequest>;
export type UpdateFeaturesRequestInput = MessageInputOf<typeof updateFeaturesRequest>;

const updatableFeatureResult = struct('UpdatableFeatureResult', {
  feature: string(),
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
});

export const updateFeaturesResponse = message({
  name: 'UpdateFeaturesResponse',
  type: 'response',
  apiKey: 57,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0 }),
    results: array(updatableFeatureResult, { until: 1, ignorable: true }),
  },
});
export type UpdateFeaturesResponse = MessageOf<typeof updateFeaturesResponse>;
export type UpdateFeaturesResponseInput = MessageInputOf<typeof updateFeaturesResponse>;
