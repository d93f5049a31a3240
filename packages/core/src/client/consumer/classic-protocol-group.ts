// Decides how the consumer lives in a classic group: joining from within polls, heartbeats beside them, listeners and leaving.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode, errorByCode } from '../../protocol/errors.js';
import type { LeaveGroupRequestInput } from '../../protocol/messages/13-leave-group.js';
import { MalformedMessageError } from '../../protocol/codec/errors.js';
import type { RebalanceProtocol } from '../../machines/consumer/assignors/assignor.js';
import { decodeAssignment, encodeSubscription } from '../../machines/consumer/consumer-protocol-payload.js';
import { GroupMembership, type ProtocolOffer } from '../../machines/consumer/group-membership.js';
import { Heartbeat } from '../../machines/consumer/heartbeat.js';
import { commonProtocol, completeJoin, prepareJoin } from '../../machines/consumer/rebalance.js';
import type { LogFields, LogLevel } from '../../ports/diagnostics.js';
import { HeartbeatLoop } from '../../runtime/heartbeat-loop.js';
import { backoffMs } from '../../foundation/backoff.js';
import { brokerError, KafkaError } from '../errors.js';
import type { RequestBody } from '../pending-request.js';
import type { TopicPartition } from '../types.js';
import type {
  CommitIdentity,
  CommitStanding,
  ConsumerGroup,
  ConsumerGroupOptions,
  MemberDescription,
} from './consumer-group.js';
import { joinGroup, type JoinResult, type LedTopics } from './group-join.js';
import { tellListener, untold, type PartitionNotice } from './listener-notice.js';
import { noListener, type RebalanceListener } from './rebalance-listener.js';

export class ClassicProtocolGroup implements ConsumerGroup {
  readonly #membership: GroupMembership;
  listener: RebalanceListener = noListener;
  readonly #options: ConsumerGroupOptions;
  readonly #protocol: RebalanceProtocol;
  readonly #heartbeat: Heartbeat;
  readonly #heartbeatLoop: HeartbeatLoop;
  /** True between the revocation before a join and the assignment after it. */
  #prepared = false;
  #attempt: Promise<void> | null = null;
  #result: JoinResult | null = null;
  #failure: KafkaError | null = null;
  #failuresInARow = 0;
  #retryAtMs = 0;
  #joinedTopics: readonly string[] = [];
  #ledTopics: LedTopics | null = null;
  #leftForSlowPoll = false;
  #lastMember: MemberDescription = { memberId: '', generationId: -1 };
  /** Goes up when the member leaves: a rebalance that waits for a listener meanwhile is over then. */
  #departures = 0;

  constructor(options: ConsumerGroupOptions) {
    const { settings, groupId, ports } = options;
    this.#options = options;
    this.#protocol = commonProtocol(settings.assignors);
    this.#membership = new GroupMembership({
      groupId,
      groupInstanceId: settings.groupInstanceId,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      rebalanceTimeoutMs: settings.maxPollIntervalMs,
    });
    this.#heartbeat = new Heartbeat(settings);
    this.#heartbeatLoop = new HeartbeatLoop({
      heartbeat: this.#heartbeat,
      clock: ports.clock,
      timers: ports.timers,
      send: () => this.#sendHeartbeat(),
      onSessionExpired: () => this.#handleSessionExpired(),
      onPollExpired: () => this.#handlePollExpired(),
    });
  }

  get groupInstanceId(): string | null {
    return this.#membership.groupInstanceId;
  }

  get member(): MemberDescription {
    return this.#lastMember;
  }

  /** Any member may read a classic group's offsets. */
  get offsetReader(): null {
    return null;
  }

  get commitStanding(): CommitStanding {
    const membership = this.#membership;
    const { generationId, identity, state } = membership;
    if (state === 'stable') return { kind: 'member', identity: { ...identity, life: 0 } };
    return { kind: generationId >= 0 || state !== 'unjoined' ? 'rebalancing' : 'gone' };
  }

  /** Only a poll can bring another generation. */
  handleCommitError(errorCode: number, sentBy: CommitIdentity): boolean {
    this.#membership.handleCommitError(errorCode, sentBy);
    return false;
  }

  hasWork(nowMs: number): boolean {
    if (this.#failure !== null || this.#result !== null) return true;
    return this.#membership.rejoinReason !== null && this.#attempt === null && nowMs >= this.#retryAtMs;
  }

  nextRetryMs(nowMs: number): number | null {
    const waits = this.#membership.rejoinReason !== null && this.#attempt === null && this.#retryAtMs > nowMs;
    return waits ? this.#retryAtMs : null;
  }

  handlePoll(nowMs: number): void {
    this.#heartbeat.handlePoll(nowMs);
    if (!this.#leftForSlowPoll) return;
    this.#leftForSlowPoll = false;
    // A static member kept its place and only stopped its heartbeats (CC5).
    if (this.#membership.state === 'stable') this.#heartbeatLoop.start();
  }

  async advance(): Promise<void> {
    const departures = this.#departures;
    this.#throwFailure();
    if (this.#result !== null) {
      const result = this.#result;
      this.#result = null;
      await this.#handleResult(result);
    }
    this.#throwFailure();
    // A listener, or somebody beside it, may have left the group.
    if (departures !== this.#departures) return;
    const { clock } = this.#options.ports;
    if (this.#membership.rejoinReason === null || this.#attempt !== null) return;
    if (clock.monotonicMs() < this.#retryAtMs) return;
    await this.#prepare();
    if (departures !== this.#departures) return;
    if (this.#attempt === null && this.#membership.rejoinReason !== null) this.#attempt = this.#join();
  }

  handleSubscriptionChange(): void {
    if (!sameTopics(this.#joinedTopics, this.#options.subscription.topics)) {
      this.#membership.requestRejoin('the subscription changed');
      this.#options.onProgress();
    }
  }

  /** The leader rejoins when topics of the group gained partitions, appeared or went. */
  handleMetadataUpdate(): void {
    const led = this.#ledTopics;
    if (led === null || this.#membership.rejoinReason !== null) return;
    const { metadata } = this.#options;
    for (const [topic, partitionCount] of led) {
      const isKnown = metadata.topic(topic) !== undefined || metadata.view.topicErrors.has(topic);
      const current = isKnown ? (metadata.topic(topic)?.partitions.length ?? 0) : partitionCount;
      if (current === partitionCount) continue;
      this.#membership.requestRejoin(
        `topic ${topic} now has ${current} partitions instead of ${partitionCount}`,
      );
      this.#options.onProgress();
      return;
    }
  }

  async leave(reason: string, timeoutMs: number): Promise<void> {
    const { clock } = this.#options.ports;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const { subscription } = this.#options;
    this.#departures++;
    try {
      if (subscription.partitions.length > 0) {
        const lost = this.#membership.generationId < 0;
        if (!lost) await this.#options.beforeRevocation(Math.max(0, deadlineMs - clock.monotonicMs()));
        await this.#tell(lost ? 'lost' : 'revoked', untold(subscription));
      }
    } finally {
      subscription.assignFromGroup([]);
      this.#options.onAssignmentChange();
      this.#heartbeatLoop.stop();
      const request = this.#membership.leaveRequest(reason);
      this.#forgetMembership(reason);
      if (request !== null) {
        await this.#sendLeave(request, reason, Math.max(1, deadlineMs - clock.monotonicMs()));
      }
    }
  }

  stop(): void {
    this.#heartbeatLoop.stop();
  }

  async #sendLeave(
    request: RequestBody<LeaveGroupRequestInput>,
    reason: string,
    timeoutMs: number,
  ): Promise<void> {
    try {
      await this.#options.coordinator.send(apis.leaveGroup, request, { timeoutMs });
      this.#log('debug', 'Left the group', { reason });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#log('debug', 'Could not tell the coordinator of leaving; the session will end by itself', {
        reason: error.message,
      });
    }
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure;
  }

  /** Before JoinGroup: commits, then gives up what the protocol wants given up (CC3, CC4). */
  async #prepare(): Promise<void> {
    const { subscription, settings } = this.#options;
    const departures = this.#departures;
    const lost = this.#membership.generationId < 0 && subscription.partitions.length > 0;
    if (this.#prepared && !lost) return;
    if (!lost && this.#membership.generationId >= 0) {
      await this.#options.beforeRevocation(
        Math.min(settings.defaultApiTimeoutMs, settings.maxPollIntervalMs),
      );
      if (departures !== this.#departures) return;
    }
    // Both reasons to give partitions up may have changed while positions were committed.
    const owned = subscription.partitions.map(plain);
    const isLost = this.#membership.generationId < 0 && owned.length > 0;
    const preparation = prepareJoin(this.#protocol, owned, (topic) => subscription.wants(topic), isLost);
    this.#log('debug', 'Joining the group', { reason: this.#membership.rejoinReason });
    this.#prepared = true;
    try {
      await this.#tell(preparation.kind, preparation.partitions);
    } finally {
      if (departures === this.#departures) {
        subscription.assignFromGroup(preparation.kept);
        if (preparation.partitions.length > 0) this.#options.onAssignmentChange();
      }
    }
  }

  async #join(): Promise<void> {
    const { settings, coordinator, metadata, ports, subscription } = this.#options;
    try {
      this.#heartbeatLoop.stop();
      this.#joinedTopics = subscription.topics;
      this.#result = await joinGroup({
        membership: this.#membership,
        coordinator,
        metadata,
        assignors: settings.assignors,
        diagnostics: ports.diagnostics,
        requestTimeoutMs: settings.requestTimeoutMs,
        rebalanceTimeoutMs: settings.maxPollIntervalMs,
        offers: () => this.#offers(),
        onJoined: () => this.#heartbeatLoop.start(),
        followTopics: this.#options.followTopics,
      });
      if (this.#result.kind === 'stale') this.#result = null;
    } catch (error) {
      this.#membership.handleLostRequest();
      this.#handleJoinError(error);
    } finally {
      this.#attempt = null;
      this.#options.onProgress();
    }
  }

  #handleJoinError(error: unknown): void {
    if (error instanceof KafkaError && error.retriable) {
      this.#options.coordinator.forget();
      this.#retryLater(error.message);
      return;
    }
    this.#failure =
      error instanceof KafkaError
        ? error
        : new KafkaError(`Joining group ${this.#membership.groupId} failed`, {
            code: 'ILLEGAL_STATE',
            cause: error,
          });
    this.#retryLater(this.#failure.message);
  }

  #retryLater(reason: string): void {
    const { ports, settings } = this.#options;
    const waitMs = backoffMs(
      this.#failuresInARow++,
      settings.retryBackoffMs,
      settings.retryBackoffMaxMs,
      ports.random,
    );
    this.#retryAtMs = ports.clock.monotonicMs() + waitMs;
    this.#log('debug', 'Could not join the group yet; trying again', { reason });
  }

  async #handleResult(result: JoinResult): Promise<void> {
    switch (result.kind) {
      case 'assigned':
        this.#failuresInARow = 0;
        this.#retryAtMs = 0;
        await this.#complete(result);
        return;
      case 'retryLater':
        if (result.coordinatorLost) this.#options.coordinator.forget();
        this.#retryLater(errorByCode(result.errorCode).name);
        return;
      case 'fatal':
        this.#heartbeatLoop.stop();
        throw brokerError(result.errorCode, `Cannot join group ${this.#membership.groupId}`);
      case 'retryNow':
      case 'stale':
        return;
    }
  }

  async #complete(joined: Extract<JoinResult, { kind: 'assigned' }>): Promise<void> {
    // Thrown out between the reply and this poll: what was assigned then is no longer ours.
    if (this.#membership.generationId !== joined.generationId) return;
    this.#lastMember = this.#membership.identity;
    const { subscription } = this.#options;
    const assignment = this.#decode(joined.assignment);
    this.#ledTopics = joined.ledTopics;
    this.#prepared = false;
    if (assignment.partitions.some(({ topic }) => !subscription.wants(topic))) {
      this.#membership.requestRejoin('the assignment holds topics that are no longer subscribed to');
      return;
    }
    const owned = subscription.partitions.map(plain);
    const change = completeJoin(this.#protocol, owned, assignment.partitions);
    const departures = this.#departures;
    let failure: { readonly error: unknown } | null = null;
    try {
      if (change.revoked.length > 0) await this.#tell('revoked', change.revoked);
    } catch (error) {
      failure = { error };
    }
    if (departures === this.#departures) {
      subscription.assignFromGroup(assignment.partitions);
      if (change.rejoin) this.#membership.requestRejoin('partitions were given up for others to take');
      joined.assignor.onAssignment(assignment, joined.generationId);
      this.#log('debug', 'Joined the group', {
        generationId: joined.generationId,
        assignor: joined.assignor.name,
        partitions: assignment.partitions.length,
      });
      this.handleSubscriptionChange();
      this.handleMetadataUpdate();
      this.#options.onAssignmentChange();
      // Partitions that came are told of although the listener failed over those that went.
      await this.#tell('assigned', change.added);
    }
    if (failure !== null) throw failure.error;
  }

  #decode(bytes: Buffer): ReturnType<typeof decodeAssignment> {
    try {
      return decodeAssignment(bytes);
    } catch (cause) {
      if (!(cause instanceof MalformedMessageError)) throw cause;
      throw new KafkaError(
        `The leader of group ${this.#membership.groupId} sent an assignment that cannot be read`,
        {
          code: 'INCONSISTENT_GROUP_PROTOCOL',
          cause,
        },
      );
    }
  }

  #offers(): ProtocolOffer[] {
    const { settings, subscription } = this.#options;
    const topics = subscription.topics;
    return settings.assignors.map((assignor) => ({
      name: assignor.name,
      metadata: encodeSubscription({
        topics,
        userData: assignor.subscriptionUserData(topics),
        ownedPartitions: subscription.partitions,
        generationId: this.#membership.generationId,
        rackId: settings.clientRack === '' ? null : settings.clientRack,
      }),
    }));
  }

  async #tell(kind: PartitionNotice, partitions: readonly TopicPartition[]): Promise<void> {
    if (kind === 'lost' && partitions.length > 0) {
      this.#log('warn', 'Partitions were lost: the group has gone on without this member', {
        partitions: partitions.length,
      });
    }
    await tellListener(this.listener, this.#options.subscription, kind, partitions);
  }

  async #sendHeartbeat(): Promise<boolean> {
    const { coordinator, settings } = this.#options;
    const sentBy = this.#membership.identity;
    const { errorCode } = await coordinator.send(apis.heartbeat, this.#membership.heartbeatRequest(), {
      timeoutMs: Math.min(settings.requestTimeoutMs, settings.sessionTimeoutMs),
    });
    const outcome = this.#membership.handleHeartbeatResponse(errorCode, sentBy);
    switch (outcome.kind) {
      case 'proceed':
        if (this.#membership.rejoinReason !== null) this.#options.onProgress();
        if (this.#membership.generationId < 0) this.#heartbeatLoop.stop();
        return true;
      case 'retryLater':
        if (outcome.coordinatorLost) coordinator.forget();
        // A loading coordinator keeps the session; only silence ends it.
        return errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      case 'fatal':
        this.#failure = brokerError(errorCode, `Cannot stay in group ${this.#membership.groupId}`);
        this.#heartbeatLoop.stop();
        this.#options.onProgress();
        return true;
      case 'retryNow':
      case 'stale':
        return true;
    }
  }

  #handleSessionExpired(): void {
    this.#log(
      'debug',
      'No heartbeat was answered within the session timeout; looking for the coordinator again',
      {
        sessionTimeoutMs: this.#options.settings.sessionTimeoutMs,
      },
    );
    this.#options.coordinator.forget();
    this.#heartbeat.renewSession(this.#options.ports.clock.monotonicMs());
    this.#heartbeat.handleFailed(this.#options.ports.clock.monotonicMs());
  }

  #handlePollExpired(): void {
    const { coordinator, settings } = this.#options;
    this.#leftForSlowPoll = true;
    this.#log(
      'warn',
      'poll() was not called within maxPollIntervalMs; the group goes on without this member until it is',
      {
        maxPollIntervalMs: settings.maxPollIntervalMs,
        maxPollRecords: settings.maxPollRecords,
      },
    );
    const request = this.#membership.leaveRequest('poll() was not called within maxPollIntervalMs');
    if (request === null) return;
    this.#forgetMembership('poll() was not called within maxPollIntervalMs');
    // Nobody waits for the answer: without it the session ends by itself.
    coordinator
      .send(apis.leaveGroup, request, { timeoutMs: settings.requestTimeoutMs })
      .catch(() => undefined);
  }

  #forgetMembership(reason: string): void {
    this.#membership.reset(reason, false);
    this.#ledTopics = null;
    this.#prepared = false;
    this.#result = null;
  }

  #log(level: LogLevel, message: string, fields: LogFields): void {
    const { memberId, groupId } = this.#membership;
    this.#options.ports.diagnostics.log(level, message, { groupId, memberId, ...fields });
  }
}

function plain({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}

function sameTopics(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((topic, index) => topic === right[index]);
}
