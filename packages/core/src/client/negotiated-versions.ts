// Decides which version of each request is spoken with one broker.
import { apis, type Api } from '../protocol/api-keys.js';
import { ErrorCode } from '../protocol/errors.js';
import type { ApiVersionsResponse } from '../protocol/messages/18-api-versions.js';
import { UnsupportedVersionError } from './errors.js';

/** v5 names a broker by id and is not agreed on yet; nothing in it is needed. */
const highestApiVersionsVersion = 4;

/** The version of ApiVersions to ask with first. */
export const firstApiVersionsVersion = Math.min(highestApiVersionsVersion, apis.apiVersions.versions[1]);

/** The version to ask with after a refusal: the broker's own highest if it named it, else 0 (quirk 2). Null: give up. */
export function nextApiVersionsVersion(response: ApiVersionsResponse, refused: number): number | null {
  if (response.errorCode !== ErrorCode.UNSUPPORTED_VERSION || refused === 0) return null;
  const own = response.apiKeys.find((entry) => entry.apiKey === apis.apiVersions.key);
  const next = Math.min(own?.maxVersion ?? 0, firstApiVersionsVersion);
  return next < refused && next >= 0 ? next : 0;
}

/** What one broker said in its ApiVersions answer. */
export class NegotiatedVersions {
  readonly #ranges = new Map<number, readonly [number, number]>();
  /** Finalized features by name, with their level (KIP-584). */
  readonly features = new Map<string, number>();

  constructor(response: ApiVersionsResponse) {
    for (const entry of response.apiKeys)
      this.#ranges.set(entry.apiKey, [entry.minVersion, entry.maxVersion]);
    if (response.finalizedFeaturesEpoch >= 0) {
      for (const feature of response.finalizedFeatures)
        this.features.set(feature.name, feature.maxVersionLevel);
    }
  }

  /** The highest version both sides speak, not above `cap`; -1 when there is none. */
  highest(api: Api, cap = Number.MAX_SAFE_INTEGER): number {
    const range = this.#ranges.get(api.key);
    if (range === undefined) return -1;
    const [first, last] = api.versions;
    const version = Math.min(last, range[1], cap);
    return version >= Math.max(first, range[0]) ? version : -1;
  }

  /** An error that tells what the broker speaks and what is needed. */
  refusal(api: Api, cap: number, broker: string): UnsupportedVersionError {
    const range = this.#ranges.get(api.key);
    const [first, last] = api.versions;
    const theirs = range === undefined ? 'does not know it' : `speaks ${range[0]} to ${range[1]}`;
    return new UnsupportedVersionError(
      `Cannot send ${api.name} to ${broker}: this client needs a version from ${first} to ${Math.min(last, cap)}, the broker ${theirs}`,
    );
  }
}
