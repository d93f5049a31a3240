// DescribeLogDirs, key 35, versions 1 to 5; 5 is of Kafka 4.4 and is not named to clients.
//
// There is one directory. A null list asks for all partitions in it; of a list, what is not in it is left out. A partition's size is that of
// its segments, and its lag 0, as of every leader. A directory that failed is KAFKA_STORAGE_ERROR without partitions. The size of the disk
// (version 4, KIP-827) is not known: -1. A directory is never cordoned (version 5).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  DescribeLogDirsRequest,
  DescribeLogDirsResponseInput,
} from '../../protocol/messages/35-describe-log-dirs.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

type TopicOutput = DescribeLogDirsResponseInput['results'][number]['topics'][number];

/** The directory that holds all logs. */
export interface LogDirectoryView {
  readonly path: string;
  /** Why nothing in it is served any more; null while it works. */
  readonly failure: Error | null;
}

function partitionsAsked(topics: TopicRegistry, request: DescribeLogDirsRequest): Map<string, Set<number>> {
  const asked = new Map<string, Set<number>>();
  if (request.topics === null) {
    for (const { name, partitions } of topics.all) asked.set(name, new Set(partitions.keys()));
    return asked;
  }
  for (const { topic, partitions } of request.topics) {
    const wanted = asked.get(topic) ?? new Set<number>();
    for (const partition of partitions) wanted.add(partition);
    asked.set(topic, wanted);
  }
  return asked;
}

function describe(topics: TopicRegistry, name: string, partitions: ReadonlySet<number>): TopicOutput {
  const output: TopicOutput['partitions'][number][] = [];
  for (const partitionIndex of partitions) {
    const partition = topics.partition(name, partitionIndex);
    if (partition === undefined) continue;
    output.push({ partitionIndex, partitionSize: partition.sizeBytes, offsetLag: 0, isFutureKey: false });
  }
  return { name, partitions: output };
}

export function describeLogDirs(topics: TopicRegistry, directory: LogDirectoryView): ServedApi {
  return served(apis.describeLogDirs, (request): DescribeLogDirsResponseInput => {
    const { path: logDir, failure } = directory;
    if (failure !== null) {
      const results = [{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir, topics: [] }];
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results };
    }
    const found = [...partitionsAsked(topics, request)]
      .map(([name, partitions]) => describe(topics, name, partitions))
      .filter(({ partitions }) => partitions.length > 0);
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      results: [{ errorCode: ErrorCode.NONE, logDir, topics: found }],
    };
  });
}
