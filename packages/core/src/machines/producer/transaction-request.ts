// Decides the shapes of what a transactional producer asks its coordinators, and of what they answer.
import type { TopicPartition } from '../consumer/topic-partition.js';

export interface TransactionOffset extends TopicPartition {
  readonly offset: number;
  /** -1 when not known. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** The member in whose name offsets are committed; a generation of -1 and an empty id stand for no member. */
export interface OffsetsGroup {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** What every request says of the producer. */
export interface ProducerRequest {
  /** The node of the coordinator. */
  readonly node: number;
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export type TransactionRequest =
  | { readonly kind: 'find-coordinator'; readonly keyType: 'transaction' | 'group'; readonly key: string }
  /** An id and epoch of -1 make the producer known; its own ask for the next epoch (KIP-360). */
  | (ProducerRequest & { readonly kind: 'init-producer-id'; readonly transactionTimeoutMs: number })
  | (ProducerRequest & { readonly kind: 'add-partitions'; readonly partitions: readonly TopicPartition[] })
  | (ProducerRequest & { readonly kind: 'add-offsets'; readonly groupId: string })
  | (ProducerRequest & {
      readonly kind: 'commit-offsets';
      readonly protocolVersion: TransactionProtocolVersion;
      readonly group: OffsetsGroup;
      readonly offsets: readonly TransactionOffset[];
    })
  | (ProducerRequest & {
      readonly kind: 'end';
      readonly protocolVersion: TransactionProtocolVersion;
      readonly result: 'commit' | 'abort';
    });

export type TransactionRequestKind = TransactionRequest['kind'];

/** 1: partitions are added before they are written to. 2: they are added by being written to, and each transaction has an epoch of its own (KIP-890). */
export type TransactionProtocolVersion = 1 | 2;

export interface PartitionErrorCode extends TopicPartition {
  readonly errorCode: number;
}

/** What a broker speaks of transactions. */
export interface TransactionSupport {
  /** The finalized level of `transaction.version`; 1 for 0, too, which differs in what the broker stores only. */
  readonly protocolVersion: TransactionProtocolVersion;
  /** Whether a producer may ask for its next epoch (KIP-360). */
  readonly canBumpEpoch: boolean;
}

export type TransactionAnswer =
  | {
      readonly kind: 'coordinator';
      readonly errorCode: number;
      readonly message: string | null;
      readonly nodeId: number;
    }
  | {
      readonly kind: 'producer-id';
      readonly errorCode: number;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly support: TransactionSupport;
    }
  | { readonly kind: 'partitions'; readonly results: readonly PartitionErrorCode[] }
  | { readonly kind: 'added-offsets'; readonly errorCode: number }
  | {
      readonly kind: 'ended';
      readonly errorCode: number;
      /** -1 where the broker gives no new one. */
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly support: TransactionSupport;
    };
