// Decides which APIs and versions this broker serves and names: those of Kafka 4.1 and later that are implemented, no others (G2).
import { apis, type Api, type VersionRange } from '../protocol/api-keys.js';
import type { ServedApi } from './request.js';

/** ApiVersions 5 carries KIP-1242's routing check, which no released broker answers; its schema is there for the client. */
const apiVersionsServed: VersionRange = [0, 4];

export class ApiTable {
  readonly #byKey: (ServedApi | undefined)[] = [];

  constructor(served: readonly ServedApi[]) {
    for (const each of served) this.#byKey[each.api.key] = each;
  }

  find(apiKey: number): ServedApi | undefined {
    return apiKey < 0 ? undefined : this.#byKey[apiKey];
  }

  servedVersions(api: Api): VersionRange {
    return api.key === apis.apiVersions.key ? apiVersionsServed : api.versions;
  }

  /** What ApiVersions lists, in the order of the keys. */
  get advertised(): { apiKey: number; minVersion: number; maxVersion: number }[] {
    return this.#byKey
      .filter((each) => each !== undefined)
      .map(({ api }) => ({
        apiKey: api.key,
        minVersion: api.advertisedVersions[0],
        maxVersion: api.advertisedVersions[1],
      }));
  }
}
