// DeleteTopics, key 20, versions 1 to 6.
//
// By name, from version 6 also by id (KIP-516): an unknown id is UNKNOWN_TOPIC_ID, both at once or neither INVALID_REQUEST, a topic named
// twice INVALID_REQUEST. With delete.topic.enable off every topic is TOPIC_DELETION_DISABLED (K21). A topic made later under the same
// name has another id. The reply waits until the removal is on the disk or timeout_ms has passed.
import { zeroUuid } from '../../foundation/uuid.js';
import type { Timers } from '../../ports/timers.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponseInput,
} from '../../protocol/messages/20-delete-topics.js';
import { durableWithin } from '../durable-within.js';
import { served, type ServedApi } from '../request.js';
import type { Topic, TopicRegistry } from '../topic-registry.js';

type TopicOutput = DeleteTopicsResponseInput['responses'][number];
type Named = { readonly name: string | null; readonly topicId: string };

const firstIdVersion = 6;

class DeleteTopicsHandler {
  constructor(
    private readonly topics: TopicRegistry,
    private readonly timers: Timers,
  ) {}

  async handle(request: DeleteTopicsRequest, apiVersion: number): Promise<DeleteTopicsResponseInput> {
    const asked: Named[] =
      apiVersion >= firstIdVersion
        ? request.topics
        : request.topicNames.map((name) => ({ name, topicId: zeroUuid }));
    const counts = new Map<Topic, number>();
    for (const named of asked) {
      const topic = this.#find(named);
      if (topic !== undefined) counts.set(topic, (counts.get(topic) ?? 0) + 1);
    }
    const found = asked.map((named) => this.#find(named));
    const responses = asked.map((named, index) => this.#deleteOne(named, found[index], counts));
    if (responses.every(({ errorCode }) => errorCode !== ErrorCode.NONE))
      return { throttleTimeMs: 0, responses };
    const durable = await durableWithin(this.topics.flush(), request.timeoutMs, this.timers);
    if (durable) return { throttleTimeMs: 0, responses };
    return {
      throttleTimeMs: 0,
      responses: responses.map((each) =>
        each.errorCode === ErrorCode.NONE ? { ...each, errorCode: ErrorCode.REQUEST_TIMED_OUT } : each,
      ),
    };
  }

  #find({ name, topicId }: Named): Topic | undefined {
    if (name !== null) return topicId === zeroUuid ? this.topics.byName(name) : undefined;
    return topicId === zeroUuid ? undefined : this.topics.byId(topicId);
  }

  #deleteOne(named: Named, topic: Topic | undefined, counts: ReadonlyMap<Topic, number>): TopicOutput {
    const { name, topicId } = named;
    const failed = (errorCode: number, errorMessage: string): TopicOutput => ({
      name,
      topicId,
      errorCode,
      errorMessage,
    });
    if (!this.topics.config.values.deleteTopicEnable) {
      return failed(ErrorCode.TOPIC_DELETION_DISABLED, 'delete.topic.enable is false on this broker');
    }
    if ((name === null) === (topicId === zeroUuid)) {
      return failed(ErrorCode.INVALID_REQUEST, 'A topic is named either by name or by id');
    }
    if (topic === undefined) {
      return name === null
        ? failed(ErrorCode.UNKNOWN_TOPIC_ID, `No topic has the id ${topicId}`)
        : failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Topic "${name}" does not exist`);
    }
    if ((counts.get(topic) ?? 0) > 1) {
      return failed(
        ErrorCode.INVALID_REQUEST,
        `Topic "${topic.name}" is named more than once in the request`,
      );
    }
    this.topics.delete(topic);
    return { name: topic.name, topicId: topic.topicId, errorCode: ErrorCode.NONE };
  }
}

export function deleteTopics(topics: TopicRegistry, timers: Timers): ServedApi {
  const handler = new DeleteTopicsHandler(topics, timers);
  return served(apis.deleteTopics, (request, { apiVersion }) => handler.handle(request, apiVersion));
}
