// Decides what the broker's thread and the one that started it tell each other.
import type { LogFields, LogLevel } from '../ports/diagnostics.js';
import type { Address } from '../ports/network.js';
import type { BrokerOptions } from './broker-options.js';
import type { BrokerStartErrorCode } from './broker-start-error.js';

/** What crosses to the thread when it starts. */
export type ThreadBrokerOptions = Omit<BrokerOptions, 'diagnostics' | 'ports'>;

/** What the thread tells. */
export type ThreadMessage =
  | {
      readonly kind: 'ready';
      readonly address: Address;
      readonly bootstrapServers: string;
      readonly clusterId: string;
      readonly nodeId: number;
    }
  | { readonly kind: 'failed'; readonly code: BrokerStartErrorCode | null; readonly message: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields }
  | { readonly kind: 'close-failed'; readonly message: string };

/** The one thing the thread is told. */
export const closeRequest = 'close';
