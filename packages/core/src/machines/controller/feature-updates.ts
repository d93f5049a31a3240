// Decides whether the levels of features change as asked, all of a request or none (KIP-584, KIP-778).
import { ErrorCode } from '../../protocol/errors.js';
import type { UpdateFeaturesRequest } from '../../protocol/messages/57-update-features.js';
import type { MetadataRecordInput } from '../../protocol/metadata/metadata-records.js';
import { refuse, type ControllerOutcome, type Refusal } from './controller-outcome.js';
import type { ControllerState } from './controller-state.js';
import { features } from './features.js';

type FeatureUpdate = UpdateFeaturesRequest['featureUpdates'][number];

/** One answer for all of them: Kafka refuses a request whole. */
export interface FeaturesUpdated {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const upgradeTypes = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const;

export function updateFeatures(
  { image }: ControllerState,
  { featureUpdates, validateOnly }: UpdateFeaturesRequest,
  apiVersion: number,
): ControllerOutcome<readonly [FeaturesUpdated]> {
  const records: MetadataRecordInput[] = [];
  for (const update of featureUpdates) {
    const { feature: name, maxVersionLevel: featureLevel } = update;
    const level = image.featureLevels.get(name) ?? 0;
    const refusal = refusalOf(update, level, upgradeTypeOf(update, apiVersion));
    if (refusal !== null) {
      const why = 'The update failed for all features since the following feature had an error';
      return {
        records: [],
        reply: [{ errorCode: refusal.errorCode, errorMessage: `${why}: ${refusal.message}` }],
      };
    }
    if (featureLevel !== level) records.push({ kind: 'featureLevel', body: { name, featureLevel } });
  }
  return {
    records: validateOnly ? [] : records,
    reply: [{ errorCode: ErrorCode.NONE, errorMessage: null }],
  };
}

/** Version 0 says only whether a level may fall. */
function upgradeTypeOf({ allowDowngrade, upgradeType }: FeatureUpdate, apiVersion: number): number {
  if (apiVersion > 0) return upgradeType;
  return allowDowngrade ? upgradeTypes.safeDowngrade : upgradeTypes.upgrade;
}

function refusalOf(
  { feature: name, maxVersionLevel }: FeatureUpdate,
  level: number,
  upgradeType: number,
): Refusal | null {
  const invalid = (why: string): Refusal =>
    refuse(
      ErrorCode.INVALID_UPDATE_VERSION,
      `Invalid update version ${maxVersionLevel} for feature ${name}. ${why}`,
    );
  if (!Object.values<number>(upgradeTypes).includes(upgradeType))
    return invalid(
      `Upgrade type ${upgradeType} is unknown; 1 is an upgrade, 2 a safe and 3 an unsafe downgrade.`,
    );
  if (maxVersionLevel < 0) return invalid('A level is 0 or more.');
  const feature = features.find((each) => each.name === name);
  if (feature === undefined) return invalid('This broker does not have this feature.');
  const { minVersion, maxVersion } = feature;
  if (maxVersionLevel < minVersion || maxVersionLevel > maxVersion)
    return invalid(`This broker has its levels ${minVersion} to ${maxVersion}.`);
  if (maxVersionLevel < level && upgradeType === upgradeTypes.upgrade)
    return invalid(`Its level is ${level}, and only a downgrade, safe or unsafe, may lower it.`);
  return null;
}
