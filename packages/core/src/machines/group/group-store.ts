// Decides which groups and committed offsets a shard holds: its hard state, built from records alone.
import { ClassicGroup } from './classic-group.js';
import { CommittedOffsets } from './committed-offsets.js';
import { ConsumerGroup } from './consumer/consumer-group.js';
import type { GroupRecord } from './group-record.js';

export type Group = ClassicGroup | ConsumerGroup;
type ConsumerRecord = Exclude<GroupRecord, { readonly kind: 'offset' | 'group' }>;

export class GroupStore {
  /** Bounded by what clients commit and join; empty groups go when their offsets expire (C16). */
  readonly groups = new Map<string, Group>();
  readonly offsets = new CommittedOffsets();
  /** Consumer groups whose first records are being appended; with them they become groups. */
  readonly #unborn = new Map<string, ConsumerGroup>();
  #isLoaded = false;

  replay(record: GroupRecord, recordOffset: number, producerId: number): void {
    switch (record.kind) {
      case 'offset':
        this.offsets.replay(record, record.value, recordOffset, producerId);
        if (record.value !== null && !this.groups.has(record.groupId))
          this.groups.set(record.groupId, new ClassicGroup(record.groupId, record.value.commitTimestampMs));
        return;
      case 'group':
        this.#replayClassic(record);
        return;
      default:
        this.#replayConsumer(record);
    }
  }

  /** Everything was replayed: the live groups are built. */
  loaded(wallMs: number): void {
    this.#isLoaded = true;
    // Offsets whose group was tombstoned before them must not be out of expiry's reach.
    for (const groupId of this.offsets.groupIds())
      if (!this.groups.has(groupId)) this.groups.set(groupId, new ClassicGroup(groupId, wallMs));
    for (const group of this.groups.values()) if (group.kind === 'classic') group.restore();
  }

  expect(group: ConsumerGroup): void {
    this.#unborn.set(group.groupId, group);
  }

  /** What stood in the place of a new group that could not be stored. */
  putBack(groupId: string, previous: Group | null): void {
    if (previous === null) this.groups.delete(groupId);
    else this.groups.set(groupId, previous);
  }

  forgetUnborn(groupId: string): void {
    this.#unborn.delete(groupId);
  }

  /** A tombstone takes only a group of its own kind: it may have given its place to another in the same breath. */
  #replayClassic({ groupId, value }: Extract<GroupRecord, { readonly kind: 'group' }>): void {
    const known = this.groups.get(groupId);
    if (value === null) {
      if (known?.kind === 'classic') this.groups.delete(groupId);
      return;
    }
    if (known?.kind === 'classic') {
      known.replay(value);
      return;
    }
    const group = new ClassicGroup(groupId, value.currentStateTimestampMs);
    this.groups.set(groupId, group);
    group.replay(value);
    // One that grew out of a consumer group lives at once (C25).
    if (this.#isLoaded) group.restore();
  }

  #replayConsumer(record: ConsumerRecord): void {
    const { groupId } = record;
    const known = this.groups.get(groupId);
    if (record.value === null && known?.kind !== 'consumer') return;
    let group = known?.kind === 'consumer' ? known : undefined;
    if (group === undefined) {
      group = this.#unborn.get(groupId) ?? new ConsumerGroup(groupId);
      this.#unborn.delete(groupId);
      this.groups.set(groupId, group);
    }
    group.replay(record);
    if (record.kind === 'consumer-group' && record.value === null) this.groups.delete(groupId);
  }
}
