// Decides whether groups of the consumer protocol are served: the feature group.version and the broker's protocols both say so (KIP-848).
import { groupVersionFeature } from '../machines/controller/features.js';
import { ErrorCode } from '../protocol/errors.js';
import type { Controller } from './controller.js';

/** NONE, or UNSUPPORTED_VERSION; asked for every request, because features may change. */
export type ConsumerProtocolGate = () => number;

export function consumerProtocolGate({ machine }: Controller): ConsumerProtocolGate {
  return () => {
    const level = machine.image.featureLevels.get(groupVersionFeature) ?? 0;
    const isServed = machine.config.values.groupCoordinatorRebalanceProtocols.includes('consumer');
    return level >= 1 && isServed ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_VERSION;
  };
}
