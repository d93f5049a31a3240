// Decides how feature levels of a cluster are described and changed (KIP-584).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import { softwareName, softwareVersion } from '../software.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

/** A range of feature levels. */
export interface FeatureLevels {
  /** The lowest. */
  readonly min: number;
  /** The highest. */
  readonly max: number;
}

/** What a cluster can do (KIP-584). */
export interface FeatureDescription {
  /** What all brokers of the cluster have switched on, by the feature's name, for example `transaction.version`. */
  readonly finalized: ReadonlyMap<string, FeatureLevels>;
  /** Grows with each change of what is finalized; null when the broker does not tell. */
  readonly finalizedEpoch: number | null;
  /** What the broker that was asked could do. */
  readonly supported: ReadonlyMap<string, FeatureLevels>;
}

/** A feature level to set. */
export interface FeatureUpdate {
  /** The feature, for example `group.version`. */
  readonly feature: string;
  /** Its new level; 0 switches it off. */
  readonly maxVersionLevel: number;
  /** Whether the level may fall, and metadata may be lost with it (`unsafe-downgrade`). Default: `upgrade`. */
  readonly upgradeType?: 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade';
}

const upgradeTypes = { upgrade: 1, 'safe-downgrade': 2, 'unsafe-downgrade': 3 } as const;

export function describeFeatures(context: AdminContext): Promise<FeatureDescription> {
  return context.call('Describing features', async (timeoutMs) => {
    const response = await context.client.send(
      'any',
      apis.apiVersions,
      { clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion },
      { timeoutMs },
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, 'Cannot describe features');
    }
    return {
      finalized: new Map(
        response.finalizedFeatures.map(({ name, minVersionLevel, maxVersionLevel }) => [
          name,
          { min: minVersionLevel, max: maxVersionLevel },
        ]),
      ),
      finalizedEpoch: response.finalizedFeaturesEpoch < 0 ? null : response.finalizedFeaturesEpoch,
      supported: new Map(
        response.supportedFeatures.map(({ name, minVersion, maxVersion }) => [
          name,
          { min: minVersion, max: maxVersion },
        ]),
      ),
    };
  });
}

/** Results by feature. */
export function updateFeatures(
  context: AdminContext,
  updates: readonly FeatureUpdate[],
  validateOnly: boolean,
): Promise<AdminResults<void>> {
  return context.call('Updating features', async (timeoutMs) => {
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.updateFeatures,
      (version) => ({
        timeoutMs,
        featureUpdates: updates.map(({ feature, maxVersionLevel, upgradeType = 'upgrade' }) => ({
          feature,
          maxVersionLevel,
          ...(version === 0
            ? { allowDowngrade: upgradeType !== 'upgrade' }
            : { upgradeType: upgradeTypes[upgradeType] }),
        })),
        ...(version === 0 ? {} : { validateOnly }),
      }),
      { timeoutMs },
    );
    const results = new ResultCollector<void>();
    const failures = new Map(
      (response.results ?? [])
        .filter(({ errorCode }) => errorCode !== ErrorCode.NONE)
        .map(({ feature, errorCode, errorMessage }) => [feature, { errorCode, errorMessage }]),
    );
    for (const { feature } of updates) {
      // From version 2 on updates stand or fall together, and only the whole has an error.
      const failure = failures.get(feature) ?? (response.errorCode === ErrorCode.NONE ? undefined : response);
      if (failure === undefined) results.value(feature, undefined);
      else
        results.error(
          feature,
          brokerError(failure.errorCode, `Cannot update feature ${feature}`, failure.errorMessage),
        );
    }
    return results.finish();
  });
}
