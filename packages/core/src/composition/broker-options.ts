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
  /** How it listens. Default: TCP. */
  readonly network?: Network;
  /** The time. Default: the machine's. */
  readonly clock?: Clock;
  /** Default: Node's timers. */
  readonly timers?: Timers;
  /** Default: the machine's randomness. */
  readonly random?: Random;
  /** Where logs are kept. Default: the disk with a `dataDirectory`, else memory. */
  readonly fileSystem?: FileSystem;
}

/** What a broker is started with. */
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
  /** What stands in for the network, the disk and the time; for tests. */
  readonly ports?: BrokerPortOverrides;
}

export const defaultListen = '127.0.0.1:9092';
export const defaultNodeId = 1;
