// Decides which topics are deleted (K21).
import { zeroUuid } from '../../foundation/uuid.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponseInput,
} from '../../protocol/messages/20-delete-topics.js';
import type { TopicImage } from './cluster-image.js';
import { duplicatesOf, type ControllerOutcome } from './controller-outcome.js';
import type { ControllerState } from './controller-state.js';

export type DeletedTopic = DeleteTopicsResponseInput['responses'][number];
type Named = { readonly name: string | null; readonly topicId: string };

const firstIdVersion = 6;

export function deleteTopics(
  state: ControllerState,
  request: DeleteTopicsRequest,
  apiVersion: number,
): ControllerOutcome<readonly DeletedTopic[]> {
  const asked: readonly Named[] =
    apiVersion >= firstIdVersion
      ? request.topics
      : request.topicNames.map((name) => ({ name, topicId: zeroUuid }));
  const found = asked.map((named) => find(state, named));
  const twice = duplicatesOf(found.filter((topic) => topic !== undefined));
  const reply = asked.map((named, index) => decide(state, named, found[index], twice));
  return {
    records: reply
      .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
      .map(({ topicId = zeroUuid }) => ({ kind: 'removeTopic', body: { topicId } })),
    reply,
  };
}

function find({ image }: ControllerState, { name, topicId }: Named): TopicImage | undefined {
  if (name !== null) return topicId === zeroUuid ? image.topicByName(name) : undefined;
  return topicId === zeroUuid ? undefined : image.topicById(topicId);
}

function decide(
  state: ControllerState,
  { name, topicId }: Named,
  topic: TopicImage | undefined,
  twice: ReadonlySet<TopicImage>,
): DeletedTopic {
  const failed = (errorCode: number, errorMessage: string): DeletedTopic => ({
    name,
    topicId,
    errorCode,
    errorMessage,
  });
  if (!state.config.values.deleteTopicEnable) {
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
  if (twice.has(topic)) {
    return failed(ErrorCode.INVALID_REQUEST, `Topic "${topic.name}" is named more than once in the request`);
  }
  return { name: topic.name, topicId: topic.topicId, errorCode: ErrorCode.NONE };
}
