// Decides how the consumer lives in a group of the consumer protocol: heartbeats beside the polls, reconciliation from within them (KIP-848).
import { randomUuid } from '../../foundation/uuid.js';
import { ConsumerGroupHeartbeat } from '../../machines/consumer/consumer-group-heartbeat.js';
import {
  ConsumerGroupMembership,
  type ConsumerHeartbeatOutcome,
  type OutgoingHeartbeat,
  type Reconciliation,
} from '../../machines/consumer/consumer-group-membership.js';
import type { HeartbeatSubscription } from '../../machines/consumer/heartbeat-fields.js';
import type { LogFields, LogLevel } from '../../ports/diagnostics.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequestInput,
  ConsumerGroupHeartbeatResponse,
} from '../../protocol/messages/68-consumer-group-heartbeat.js';
import { HeartbeatLoop } from '../../runtime/heartbeat-loop.js';
import { AuthorizationError, ClosedError, KafkaError, UnsupportedVersionError } from '../errors.js';
import type { NetworkClient } from '../network-client.js';
import type { TopicPartition } from '../types.js';
import { heartbeatFailure, unsupportedExpression, unsupportedProtocol } from './consumer-protocol-errors.js';
import type {
  CommitIdentity,
  CommitStanding,
  ConsumerGroup,
  ConsumerGroupOptions,
  MemberDescription,
} from './consumer-group.js';
import { tellListener, untold, type PartitionNotice } from './listener-notice.js';
import { noListener, type RebalanceListener } from './rebalance-listener.js';
import { TopicIdLookup } from './topic-id-lookup.js';

export interface ConsumerProtocolGroupOptions extends ConsumerGroupOptions {
  readonly client: NetworkClient;
}

/** Regular expressions go to coordinators of this version of the heartbeat and later (KIP-848 in Kafka 4.0). */
const firstVersionWithExpressions = 1;

export class ConsumerProtocolGroup implements ConsumerGroup {
  listener: RebalanceListener = noListener;
  readonly #options: ConsumerProtocolGroupOptions;
  readonly #membership: ConsumerGroupMembership;
  readonly #heartbeat: ConsumerGroupHeartbeat;
  readonly #heartbeatLoop: HeartbeatLoop;
  readonly #names: TopicIdLookup;
  /** Thrown by the next poll; what is fatal stays until the application unsubscribes. */
  #failure: KafkaError | null = null;
  /** Goes up when the member leaves: a rebalance that waits for a listener meanwhile is over then. */
  #departures = 0;

  constructor(options: ConsumerProtocolGroupOptions) {
    const { settings, groupId, ports } = options;
    this.#options = options;
    this.#membership = new ConsumerGroupMembership({
      groupId,
      memberId: randomUuid(ports.random),
      groupInstanceId: settings.groupInstanceId,
      rebalanceTimeoutMs: settings.maxPollIntervalMs,
      serverAssignor: settings.groupRemoteAssignor,
      rackId: settings.clientRack === '' ? null : settings.clientRack,
    });
    this.#heartbeat = new ConsumerGroupHeartbeat({
      ...settings,
      isUrgent: () => this.#membership.isUrgent(this.#wanted()),
    });
    this.#heartbeatLoop = new HeartbeatLoop({
      heartbeat: this.#heartbeat,
      clock: ports.clock,
      timers: ports.timers,
      send: () => this.#sendHeartbeat(),
      onSessionExpired: () => undefined,
      onPollExpired: () => this.#handlePollExpired(),
    });
    this.#names = new TopicIdLookup({ ...settings, client: options.client, onFound: options.onProgress });
  }

  get groupInstanceId(): string | null {
    return this.#membership.groupInstanceId;
  }

  get member(): MemberDescription {
    const { lastMemberEpoch: generationId, memberId } = this.#membership;
    return { memberId: generationId < 0 ? '' : memberId, generationId };
  }

  get offsetReader(): MemberDescription | null {
    return this.#membership.isMember ? this.member : null;
  }

  get commitStanding(): CommitStanding {
    const { isMember, life, state } = this.#membership;
    if (isMember) return { kind: 'member', identity: { ...this.member, life } };
    return { kind: state === 'joining' ? 'rebalancing' : 'gone' };
  }

  /** The coordinator went on to another epoch, which the answer under way tells: the commit is good with that one. */
  handleCommitError(errorCode: number, sentBy: CommitIdentity): boolean {
    const { isMember, life } = this.#membership;
    return errorCode === ErrorCode.STALE_MEMBER_EPOCH && isMember && life === sentBy.life;
  }

  hasWork(): boolean {
    if (this.#failure !== null) return true;
    switch (this.#membership.state) {
      case 'unsubscribed':
      case 'fenced':
      case 'stale':
        return true;
      case 'reconciling':
        return this.#nextStep() !== null;
      default:
        return false;
    }
  }

  nextRetryMs(): null {
    return null;
  }

  handlePoll(nowMs: number): void {
    this.#heartbeat.handlePoll(nowMs);
  }

  async advance(): Promise<void> {
    const departures = this.#departures;
    const { state } = this.#membership;
    const isOut = state === 'fenced' || state === 'stale' || state === 'fatal';
    if (isOut) await this.#giveUpLost();
    // The listener may have unsubscribed.
    if (departures !== this.#departures) return;
    this.#throwFailure();
    if (isOut || state === 'unsubscribed') this.#join();
    const step = this.#nextStep();
    if (step !== null) await this.#reconcile(step);
  }

  handleSubscriptionChange(): void {
    this.#heartbeatLoop.wake();
  }

  /** Names of assigned topics may be known now, which the next poll sees for itself. */
  handleMetadataUpdate(): void {}

  async leave(reason: string, timeoutMs: number): Promise<void> {
    const { ports, subscription } = this.#options;
    const deadlineMs = ports.clock.monotonicMs() + timeoutMs;
    this.#departures++;
    const isMember = this.#membership.isMember;
    this.#membership.prepareLeave();
    try {
      if (subscription.partitions.length > 0) {
        if (isMember)
          await this.#options.beforeRevocation(Math.max(0, deadlineMs - ports.clock.monotonicMs()));
        await this.#tell(isMember ? 'revoked' : 'lost', untold(subscription));
      }
    } finally {
      this.#assign([]);
      this.#heartbeatLoop.stop();
      this.#names.want([]);
      const request = this.#membership.leave();
      this.#failure = null;
      if (request !== null)
        await this.#sendLeave(request, reason, Math.max(1, deadlineMs - ports.clock.monotonicMs()));
    }
  }

  stop(): void {
    this.#heartbeatLoop.stop();
    this.#names.stop();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (failure === null) return;
    if (this.#membership.state !== 'fatal') this.#failure = null;
    throw failure;
  }

  #wanted(): HeartbeatSubscription {
    const { topics, serverExpression } = this.#options.subscription;
    return { topics, regex: serverExpression };
  }

  #join(): void {
    this.#log('debug', 'Joining the group', {});
    this.#membership.join();
    this.#heartbeatLoop.start();
  }

  /** Thrown out, refused, or gone for slow polls: the application hears of what it lost. */
  async #giveUpLost(): Promise<void> {
    const departures = this.#departures;
    const lost = this.#options.subscription.partitions.map(plain);
    if (lost.length === 0) return;
    this.#log('warn', 'Partitions were lost: the group has gone on without this member', {
      partitions: lost.length,
    });
    try {
      await this.#tell('lost', lost);
    } finally {
      if (departures === this.#departures) this.#assign([]);
    }
  }

  #nextStep(): Reconciliation | null {
    const { metadata } = this.#options;
    const plan = this.#membership.plan(
      (topicId) => metadata.topicById(topicId)?.name ?? this.#names.nameOf(topicId),
    );
    this.#names.want(plan.unknownTopicIds);
    return plan.reconciliation;
  }

  /** Gives up, commits before that, takes, and lets the coordinator know (C21). */
  async #reconcile(step: Reconciliation): Promise<void> {
    const { settings } = this.#options;
    const { revoked, added, kept } = step;
    let failure: { readonly error: unknown } | null = null;
    this.#membership.begin();
    if (revoked.length > 0) {
      await this.#options.beforeReconciliation(
        Math.min(settings.defaultApiTimeoutMs, settings.maxPollIntervalMs),
      );
      if (!this.#isCurrent(step)) return;
      try {
        await this.#tell('revoked', revoked.map(plain));
      } catch (error) {
        failure = { error };
      }
    }
    if (this.#membership.release(step)) {
      const held = [...kept, ...added];
      // A topic made anew keeps its name: its partitions begin anew too.
      if (revoked.length > 0) this.#assign(kept);
      this.#follow(held);
      this.#assign(held);
      try {
        // Partitions that came are told of although the listener failed over those that went.
        await this.#tell('assigned', added.map(plain));
      } catch (error) {
        failure ??= { error };
      }
      if (this.#membership.complete(step)) this.#heartbeatLoop.wake();
      this.#log('debug', 'Took over an assignment', {
        memberEpoch: this.#membership.memberEpoch,
        revoked: revoked.length,
        added: added.length,
        partitions: held.length,
      });
    }
    if (failure !== null) throw failure.error;
  }

  #isCurrent({ life }: Reconciliation): boolean {
    return life === this.#membership.life && this.#membership.state === 'reconciling';
  }

  /** Topics that only the coordinator's match has named must be asked for, or their leaders stay unknown. */
  #follow(held: readonly { readonly topic: string; readonly topicId: string }[]): void {
    this.#names.keep(new Set(held.map(({ topicId }) => topicId)));
    if (this.#options.subscription.serverExpression !== null)
      this.#options.followTopics([...new Set(held.map(({ topic }) => topic))]);
  }

  #assign(partitions: readonly TopicPartition[]): void {
    this.#options.subscription.assignFromGroup(partitions);
    this.#options.onAssignmentChange();
  }

  #tell(kind: PartitionNotice, partitions: readonly TopicPartition[]): Promise<void> {
    return tellListener(this.listener, this.#options.subscription, kind, partitions);
  }

  async #sendHeartbeat(): Promise<boolean> {
    const { coordinator, settings, onProgress } = this.#options;
    const heartbeat = this.#membership.heartbeat(this.#wanted());
    let response: ConsumerGroupHeartbeatResponse;
    try {
      response = await coordinator.send(apis.consumerGroupHeartbeat, this.#bodyOf(heartbeat), {
        timeoutMs: settings.requestTimeoutMs,
      });
    } catch (error) {
      if (heartbeat.life === this.#membership.life) this.#handleLost(heartbeat, error);
      throw error;
    }
    this.#heartbeat.handleInterval(response.heartbeatIntervalMs);
    const outcome = this.#membership.handleResponse(heartbeat.life, response);
    const answered = this.#handleOutcome(outcome);
    if (!this.#membership.beats) this.#heartbeatLoop.stop();
    if (outcome.kind !== 'retryLater') onProgress();
    return answered;
  }

  #bodyOf({ body }: OutgoingHeartbeat): (version: number) => ConsumerGroupHeartbeatRequestInput {
    const expression = this.#options.subscription.serverExpression;
    if (expression === null) return body;
    return (version) => {
      if (version < firstVersionWithExpressions)
        throw unsupportedExpression(this.#membership.groupId, expression);
      return body(version);
    };
  }

  /** False when the heartbeat is to be repeated after the back-off. */
  #handleOutcome(outcome: ConsumerHeartbeatOutcome): boolean {
    switch (outcome.kind) {
      case 'answered':
      case 'stale':
        return true;
      case 'fenced':
        this.#log('debug', 'The coordinator has thrown this member out; it joins again at the next poll', {});
        return true;
      case 'retryLater':
        if (outcome.coordinatorLost) this.#options.coordinator.forget();
        return false;
      case 'refused':
        this.#heartbeat.holdOff(this.#options.ports.clock.monotonicMs());
        this.#failure = heartbeatFailure(outcome, this.#options.groupId, this.#options.settings);
        return true;
      case 'fatal':
        this.#failure = heartbeatFailure(outcome, this.#options.groupId, this.#options.settings);
        return true;
    }
  }

  /** No answer, or the request could not even be made. */
  #handleLost(heartbeat: OutgoingHeartbeat, error: unknown): void {
    this.#membership.handleLostHeartbeat(heartbeat.life);
    if (!(error instanceof KafkaError) || error.retriable || error instanceof ClosedError) return;
    if (error instanceof UnsupportedVersionError || error instanceof AuthorizationError) {
      this.#membership.fail();
      this.#heartbeatLoop.stop();
    }
    const { groupId, onProgress } = this.#options;
    const isOld = error instanceof UnsupportedVersionError && this.#wanted().regex === null;
    this.#failure = isOld ? unsupportedProtocol(groupId, error) : error;
    onProgress();
  }

  #handlePollExpired(): void {
    const { coordinator, settings, onProgress } = this.#options;
    const request = this.#membership.leaveForSlowPoll();
    this.#log(
      'warn',
      'poll() was not called within maxPollIntervalMs; the group goes on without this member until it is',
      { maxPollIntervalMs: settings.maxPollIntervalMs, maxPollRecords: settings.maxPollRecords },
    );
    onProgress();
    if (request === null) return;
    // Nobody waits for the answer: without it the session ends by itself.
    coordinator
      .send(apis.consumerGroupHeartbeat, request, { timeoutMs: settings.requestTimeoutMs })
      .catch(() => undefined);
  }

  async #sendLeave(
    request: ConsumerGroupHeartbeatRequestInput,
    reason: string,
    timeoutMs: number,
  ): Promise<void> {
    try {
      await this.#options.coordinator.send(apis.consumerGroupHeartbeat, request, { timeoutMs });
      this.#log('debug', 'Left the group', { reason });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#log('debug', 'Could not tell the coordinator of leaving; the session will end by itself', {
        reason: error.message,
      });
    }
  }

  #log(level: LogLevel, message: string, fields: LogFields): void {
    const { memberId, groupId } = this.#membership;
    this.#options.ports.diagnostics.log(level, message, { groupId, memberId, ...fields });
  }
}

function plain({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}
