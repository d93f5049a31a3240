// Decides what can be done with a broker that serves.
import type { Address } from '../ports/network.js';

/** A broker that serves. */
export interface RunningBroker {
  /** The address that is listened on. */
  readonly address: Address;
  /** What clients are given. */
  readonly bootstrapServers: string;
  /** The cluster's id, as clients see it. */
  readonly clusterId: string;
  /** The broker's id. */
  readonly nodeId: number;
  /** Milliseconds from the call to readiness. */
  readonly startTimeMs: number;
  /** Stops serving, then brings the logs to the disk. Closing twice is the same as once. */
  close(): Promise<void>;
}
