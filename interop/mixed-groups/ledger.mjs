// What the members of a group did, whoever's they are, and whether all of it together was right.

/**
 * Both sides take the time from the clock of this machine, before they go on: who gives a partition up has said so before another
 * can take it.
 * @typedef {{ timeMs: number, kind: string, member: string, values: string }} Event
 * @typedef {{ member: string, fromMs: number, toMs: number }} Ownership
 */

export class Ledger {
  /** @type {Event[]} */
  #events = [];
  /** @type {Map<string, Set<number>>} */
  #owned = new Map();
  /** @type {Map<number, number>} */
  #committed = new Map();
  /** @type {Set<string>} */
  #read = new Set();
  /** @type {Set<string>} */
  stopped = new Set();
  /** @type {string | null} */
  failure = null;

  /** @param {number} timeMs @param {string} kind @param {string} member @param {string} values */
  note(timeMs, kind, member, values) {
    this.#events.push({ timeMs, kind, member, values });
    const owned = this.#owned.get(member) ?? new Set();
    this.#owned.set(member, owned);
    if (kind === 'assigned') for (const partition of numbersOf(values)) owned.add(partition);
    else if (kind === 'revoked' || kind === 'lost')
      for (const partition of numbersOf(values)) owned.delete(partition);
    else if (kind === 'failed') this.failure ??= `${member} failed: ${values}`;
    else if (kind === 'stopped') this.stopped.add(member);
    else if (kind === 'read') {
      const [partition = 0, first = 0, next = 0] = values.split(' ').map(Number);
      for (let offset = first; offset < next; offset += 1) this.#read.add(`${partition}@${offset}`);
    } else if (kind === 'committed') {
      const [partition = 0, offset = 0] = values.split(' ').map(Number);
      this.#committed.set(partition, Math.max(offset, this.#committed.get(partition) ?? 0));
    }
  }

  /** @param {string} member */
  count(member) {
    return this.#owned.get(member)?.size ?? 0;
  }

  /** Whether every record below these offsets was read and committed. @param {readonly number[]} ends by partition */
  isComplete(ends) {
    return ends.every((end, partition) => (this.#committed.get(partition) ?? 0) >= end);
  }

  /**
   * Throws unless every record was read, each partition belonged to one member at a time, everybody read only what was theirs, and
   * nothing came again that had been committed before. Gives the number of records that came again all the same.
   * @param {readonly number[]} ends by partition
   */
  check(ends) {
    if (this.failure !== null) throw new Error(this.failure);
    for (const [partition, end] of ends.entries()) {
      for (let offset = 0; offset < end; offset += 1)
        if (!this.#read.has(`${partition}@${offset}`))
          throw new Error(`${partition}@${offset} was never read`);
    }
    // The order of arrival is that of the clock but for the pipe between.
    const events = this.#events.toSorted((left, right) => left.timeMs - right.timeMs);
    const repeated = ends.reduce((sum, _, partition) => sum + this.#checkPartition(partition, events), 0);
    const lost = events.filter(({ kind, values }) => kind === 'lost' && values !== '');
    if (lost.length > 0) throw new Error(`${lost[0]?.member} lost partitions ${lost[0]?.values}`);
    return repeated;
  }

  /** @param {number} partition @param {readonly Event[]} events */
  #checkPartition(partition, events) {
    const ownerships = ownershipsOf(partition, events);
    for (const [index, one] of ownerships.entries()) {
      const next = ownerships[index + 1];
      if (next !== undefined && next.fromMs < one.toMs)
        throw new Error(`partition ${partition} was of ${one.member} and of ${next.member} at once`);
    }
    /** @type {{ timeMs: number, member: string, offset: number }[]} */
    const commits = [];
    /** @type {Set<number>} */
    const seen = new Set();
    let repeated = 0;
    for (const { timeMs, kind, member, values } of events) {
      const [eventPartition, first = 0, next = 0] = values.split(' ').map(Number);
      if (eventPartition !== partition) continue;
      if (kind === 'committed') commits.push({ timeMs, member, offset: first });
      if (kind !== 'read') continue;
      const owner = ownerships.find(
        (one) => one.member === member && one.fromMs <= timeMs && timeMs <= one.toMs,
      );
      if (owner === undefined) throw new Error(`${member} read ${partition}@${first}, which was not its own`);
      // What others had committed when it became the owner, and whatever it has committed itself.
      const known = commits.filter((one) => one.member === member || one.timeMs <= owner.fromMs);
      const committed = Math.max(0, ...known.map(({ offset }) => offset));
      if (first < committed)
        throw new Error(`${member} read ${partition}@${first} again, committed was ${committed}`);
      for (let offset = first; offset < next; offset += 1) {
        if (seen.has(offset)) repeated += 1;
        seen.add(offset);
      }
    }
    return repeated;
  }
}

/** @param {number} partition @param {readonly Event[]} events @returns {Ownership[]} by their beginning */
function ownershipsOf(partition, events) {
  /** @type {Ownership[]} */
  const ownerships = [];
  for (const { timeMs, kind, member, values } of events) {
    if (kind !== 'assigned' && kind !== 'revoked' && kind !== 'lost') continue;
    if (!numbersOf(values).includes(partition)) continue;
    if (kind === 'assigned') {
      ownerships.push({ member, fromMs: timeMs, toMs: Infinity });
      continue;
    }
    const open = ownerships.findLast((one) => one.member === member && one.toMs === Infinity);
    if (open === undefined)
      throw new Error(`${member} gave up partition ${partition}, which it did not have`);
    open.toMs = timeMs;
  }
  return ownerships;
}

/** @param {string} values */
function numbersOf(values) {
  return values === '' ? [] : values.split(',').map(Number);
}
