// Decides what a consumer needs from the client that made it.
import type { Compressors } from '../../ports/compressor.js';
import type { Metadata } from '../metadata.js';
import type { NetworkClient } from '../network-client.js';

export interface ConsumerContext {
  /** The consumer's own: it closes it. */
  readonly networkClient: NetworkClient;
  /** The consumer's own: it asks for the topics it reads. */
  readonly metadata: Metadata;
  readonly compressors: Compressors;
  /** Called once, when the consumer was closed. */
  readonly onClosed?: () => void;
}
