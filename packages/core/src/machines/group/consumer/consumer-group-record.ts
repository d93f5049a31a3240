// Decides the records that make up a consumer group's hard state, as the machine sees them (C3, types 3 to 8 and 16).
import type { Assignment } from './assignment.js';
import type { CurrentAssignment, MemberMetadata } from './consumer-member.js';

/** The topics that a regular expression was found to match. */
export interface ResolvedRegex {
  readonly topics: readonly string[];
  /** Which state of the broker's topics they were found in; it means nothing after a restart. */
  readonly topicsVersion: number;
  readonly timestampMs: number;
}

/** A null value is a tombstone. */
export type ConsumerGroupRecord =
  | {
      readonly kind: 'consumer-group';
      readonly groupId: string;
      readonly value: { readonly epoch: number; readonly metadataHash: number } | null;
    }
  /** Kafka wrote these up to 4.0; they are only ever removed here. */
  | { readonly kind: 'consumer-topics'; readonly groupId: string; readonly value: 'superseded' | null }
  | {
      readonly kind: 'consumer-member';
      readonly groupId: string;
      readonly memberId: string;
      readonly value: MemberMetadata | null;
    }
  | {
      readonly kind: 'target-epoch';
      readonly groupId: string;
      readonly value: { readonly epoch: number; readonly timestampMs: number } | null;
    }
  | {
      readonly kind: 'member-target';
      readonly groupId: string;
      readonly memberId: string;
      readonly value: Assignment | null;
    }
  | {
      readonly kind: 'member-current';
      readonly groupId: string;
      readonly memberId: string;
      readonly value: CurrentAssignment | null;
    }
  | {
      readonly kind: 'regex';
      readonly groupId: string;
      readonly regex: string;
      readonly value: ResolvedRegex | null;
    };
