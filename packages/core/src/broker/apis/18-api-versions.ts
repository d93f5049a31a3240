// ApiVersions, key 18, versions 0 to 4.
//
// Names the APIs and versions that the table holds. From version 3 the client names its software, and a name or version of the wrong
// form is INVALID_REQUEST (KIP-511). A version that is not served gets a body of version 0 with UNSUPPORTED_VERSION and the one entry
// for ApiVersions itself, without a throttle time, and the connection stays (G4, quirk 2). Features whose lowest version is 0 are left
// out below version 4, which could not tell them from absent ones (KAFKA-17011). Finalized are those that the metadata
// log says (KIP-584); below transaction.version 2 producers keep to the first transaction protocol (G2, KIP-890).
import { features } from '../../machines/controller/features.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { ApiVersionsResponseInput } from '../../protocol/messages/18-api-versions.js';
import type { ApiTable } from '../api-table.js';
import type { Controller } from '../controller.js';
import { served, type ServedApi } from '../request.js';

export interface SupportedFeature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

const softwarePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** The features that a response of that version may name. */
export function featuresForVersion(
  supported: readonly SupportedFeature[],
  apiVersion: number,
): readonly SupportedFeature[] {
  return apiVersion >= 4 ? supported : supported.filter((feature) => feature.minVersion > 0);
}

export function unsupportedApiVersionsResponse(table: ApiTable): ApiVersionsResponseInput {
  return {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: table.advertised.filter(({ apiKey }) => apiKey === apis.apiVersions.key),
  };
}

/** `table` is asked when a request comes, because the table holds this API too. */
export function apiVersions(table: () => ApiTable, controller: Controller): ServedApi {
  const supportedFeatures = features.map(({ name, minVersion, maxVersion }) => ({
    name,
    minVersion,
    maxVersion,
  }));
  return served(apis.apiVersions, (request, { apiVersion }) => {
    const named =
      softwarePattern.test(request.clientSoftwareName) && softwarePattern.test(request.clientSoftwareVersion);
    if (apiVersion >= 3 && !named) return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] };
    return {
      errorCode: ErrorCode.NONE,
      apiKeys: table().advertised,
      supportedFeatures: featuresForVersion(supportedFeatures, apiVersion),
      // Rises with every change of the metadata, as in Kafka.
      finalizedFeaturesEpoch: controller.metadataEnd.endOffset - 1,
      finalizedFeatures: [...controller.machine.image.featureLevels].map(([name, level]) => ({
        name,
        minVersionLevel: level,
        maxVersionLevel: level,
      })),
    };
  });
}
