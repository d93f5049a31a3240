// Decides what can be said about a broker before it starts, and what is assumed where nothing is said.
import type { BrokerConfig } from '../machines/controller/config/broker-configs.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { FileSystem } from '../ports/file-system.js';
import type { Network } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import type { Timers } from '../ports/timers.js';

export type { BrokerConfig } from '../machines/controller/config/broker-configs.js';

/** The world a broker lives in, where it is not the machine's own; for tests. */
export interface BrokerPortOverrides {
  readonly network?: Network;
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly fileSystem?: FileSystem;
}

export interface BrokerOptions {
  /** `host:port`; port 0 takes a free one. Default: 127.0.0.1:9092. */
  readonly listen?: string;
  /** The `host:port` that clients are told to connect to. Default: the address that is listened on, or on 0.0.0.0 the one a client came by. */
  readonly advertised?: string;
  /** Where the log lies, in Kafka's file formats. Absent: in memory, and gone when the broker closes. */
  readonly dataDirectory?: string;
  /** Default: 1. */
  readonly nodeId?: number;
  /** Default: the data directory's own, or a random one. */
  readonly clusterId?: string;
  /** Where the broker tells what happens. Default: warnings and errors go to stderr. */
  readonly diagnostics?: Diagnostics;
  /** Kafka's broker configs in camelCase. */
  readonly config?: Partial<BrokerConfig>;
  readonly ports?: BrokerPortOverrides;
}

export const defaultListen = '127.0.0.1:9092';
export const defaultNodeId = 1;
