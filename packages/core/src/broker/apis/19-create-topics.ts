// CreateTopics, key 19, versions 2 to 7.
//
// Each topic by itself (K20): a name given twice is INVALID_REQUEST; then name, existence and collision (G7), counts or assignments,
// configs. More than 10,000 partitions in one request are POLICY_VIOLATION, as in Kafka's controller. validate_only writes nothing. Version 5 and later return what was made and its configs (KIP-525), version 7 the topic id.
// The reply waits until the metadata is on the disk or timeout_ms has passed (REQUEST_TIMED_OUT; the topic then exists all the same).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  CreateTopicsRequest,
  CreateTopicsResponseInput,
} from '../../protocol/messages/19-create-topics.js';
import type { Timers } from '../../ports/timers.js';
import { configSourceCodes, configText } from '../../machines/controller/config/config-definition.js';
import { topicConfigValues } from '../../machines/controller/config/topic-configs.js';
import { durableWithin } from '../durable-within.js';
import { served, type ServedApi } from '../request.js';
import type { TopicPlan, TopicToCreate } from '../topic-creation.js';
import type { TopicRegistry } from '../topic-registry.js';

type TopicOutput = CreateTopicsResponseInput['topics'][number];

function failed(name: string, errorCode: number, errorMessage: string): TopicOutput {
  return { name, errorCode, errorMessage, configs: [] };
}

/** Kafka's bound of one request; its work is done in one turn. */
const mostPartitionsPerRequest = 10_000;

function partitionsAsked({ topics }: CreateTopicsRequest, defaultCount: number): number {
  return topics.reduce((sum, { assignments, numPartitions }) => {
    if (assignments.length > 0) return sum + assignments.length;
    return sum + (numPartitions === -1 ? defaultCount : Math.max(0, numPartitions));
  }, 0);
}

class CreateTopicsHandler {
  constructor(
    private readonly topics: TopicRegistry,
    private readonly timers: Timers,
  ) {}

  async handle(request: CreateTopicsRequest): Promise<CreateTopicsResponseInput> {
    const counts = new Map<string, number>();
    for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1);
    const partitionCount = partitionsAsked(request, this.topics.config.values.numPartitions);
    if (partitionCount > mostPartitionsPerRequest) {
      const message = `${partitionCount} partitions are too many for one request, which may ask for ${mostPartitionsPerRequest}`;
      const refused = [...counts.keys()].map((name) => failed(name, ErrorCode.POLICY_VIOLATION, message));
      return { throttleTimeMs: 0, topics: refused };
    }
    const outputs: TopicOutput[] = [];
    for (const topic of request.topics) {
      const count = counts.get(topic.name) ?? 0;
      if (count > 1) {
        // One answer for all of the same name.
        counts.set(topic.name, -1);
        outputs.push(
          failed(
            topic.name,
            ErrorCode.INVALID_REQUEST,
            `Topic "${topic.name}" is named ${count} times in the request`,
          ),
        );
      } else if (count === 1) {
        outputs.push(this.#createOne(topic, request.validateOnly));
      }
    }
    if (request.validateOnly || outputs.every(({ errorCode }) => errorCode !== ErrorCode.NONE)) {
      return { throttleTimeMs: 0, topics: outputs };
    }
    const durable = await durableWithin(this.topics.flush(), request.timeoutMs, this.timers);
    const late = 'The topic was created, but its metadata did not reach the disk in time';
    return {
      throttleTimeMs: 0,
      topics: durable
        ? outputs
        : outputs.map((output) =>
            output.errorCode === ErrorCode.NONE
              ? failed(output.name, ErrorCode.REQUEST_TIMED_OUT, late)
              : output,
          ),
    };
  }

  #createOne(topic: TopicToCreate, validateOnly: boolean): TopicOutput {
    const plan = this.topics.plan(topic);
    if (plan.kind === 'refused') return failed(topic.name, plan.errorCode, plan.message);
    if (validateOnly) return this.#describe(plan);
    try {
      return { ...this.#describe(plan), topicId: this.topics.create(plan).topicId };
    } catch (error) {
      // The disk failed; the log directory says so in its own line.
      const reason = error instanceof Error ? error.message : String(error);
      return failed(topic.name, ErrorCode.KAFKA_STORAGE_ERROR, reason);
    }
  }

  #describe(plan: TopicPlan): TopicOutput {
    return {
      name: plan.name,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      numPartitions: plan.partitionCount,
      replicationFactor: plan.replicationFactor,
      configs: topicConfigValues(plan.configs, this.topics.config).map(({ name, value, source }) => ({
        name,
        value: configText(value),
        readOnly: false,
        configSource: configSourceCodes[source],
        isSensitive: false,
      })),
    };
  }
}

export function createTopics(topics: TopicRegistry, timers: Timers): ServedApi {
  const handler = new CreateTopicsHandler(topics, timers);
  return served(apis.createTopics, (request) => handler.handle(request));
}
