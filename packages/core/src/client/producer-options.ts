// Decides the producer's options: Kafka's names in camelCase, Kafka's defaults, and the rules between them (PC1, PC2).
import type { CompressionType } from '../ports/compressor.js';
import { connectionOptionNames, type ConnectionOptions } from './client-options.js';
import { InvalidOptionError } from './errors.js';
import { booleanOption, choiceOption, integerOption, knownOptions, show } from './option-checks.js';
import type { Partitioner } from './producer/partitioner.js';
import type { ProducerInterceptor } from './producer/producer-interceptor.js';
import type { Serializer } from './serialization/serializer.js';
import { serializers } from './serialization/serializers.js';

export interface ProducerOptions<K = unknown, V = unknown> extends ConnectionOptions {
  /** Which brokers must have a record before it counts as sent: `all` that are in sync (default, also -1), the leader (1), or none (0). */
  readonly acks?: 'all' | -1 | 0 | 1;
  /** Lets brokers drop repeated batches, so that a retry duplicates and reorders nothing. Default: on, unless acks, retries or in-flight forbid it. */
  readonly enableIdempotence?: boolean;
  /**
   * Names the producer over its restarts, so that what it sends can be made visible as one, or not at all (KIP-98). Of two
   * producers with the same name the later one fences the earlier. Absent: no transactions.
   */
  readonly transactionalId?: string;
  /** How long a transaction may stay open until the coordinator aborts it, in milliseconds (`transaction.timeout.ms`). Default: 60000. */
  readonly transactionTimeoutMs?: number;
  /** Default: 2147483647, so that `deliveryTimeoutMs` decides. */
  readonly retries?: number;
  /** Default: 5. */
  readonly maxInFlightRequestsPerConnection?: number;
  /**
   * How long a batch waits for more records. Default: 0. What is sent in one turn of the event loop goes together anyway, and
   * while five requests are on their way batches fill; so Kafka 4's default of 5 would only make single sends wait.
   */
  readonly lingerMs?: number;
  /** Size in bytes at which a batch is full. Default: 16384. */
  readonly batchSize?: number;
  /** Bytes of records that may wait to be sent. Default: 33554432. */
  readonly bufferMemory?: number;
  /** How long a send waits for metadata and for buffer memory. Default: 60000. */
  readonly maxBlockMs?: number;
  /** How long a record may take from its batch's beginning until it counts as failed. Default: 120000. */
  readonly deliveryTimeoutMs?: number;
  /** Most bytes of a record, and of a request unless one batch alone is larger. Default: 1048576. */
  readonly maxRequestSize?: number;
  /** Default: none. */
  readonly compressionType?: CompressionType;
  /** Spreads records with a key over the partitions as if they had none. Default: false. */
  readonly partitionerIgnoreKeys?: boolean;
  /** Chooses the partitions of records that name none. Default: by key, else the partition that sticks (PC4). */
  readonly partitioner?: Partitioner<K, V>;
  /** See records before they are serialized, and what came of them; in this order. Default: none. */
  readonly interceptors?: readonly ProducerInterceptor<K, V>[];
  /** Default: text and bytes as they are, anything else as JSON. */
  readonly keySerializer?: Serializer<K>;
  /** Default: text and bytes as they are, anything else as JSON. */
  readonly valueSerializer?: Serializer<V>;
}

/** The same options, checked and complete. */
export interface ProducerConfig<K, V> {
  readonly acks: -1 | 0 | 1;
  readonly isIdempotent: boolean;
  /** Null without transactions. */
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
  readonly retries: number;
  readonly maxInFlightRequestsPerConnection: number;
  readonly lingerMs: number;
  readonly batchSizeBytes: number;
  readonly bufferMemoryBytes: number;
  readonly maxBlockMs: number;
  readonly requestTimeoutMs: number;
  readonly deliveryTimeoutMs: number;
  readonly maxRequestSizeBytes: number;
  readonly compressionType: CompressionType;
  readonly partitionerIgnoreKeys: boolean;
  readonly partitioner: Partitioner | null;
  readonly interceptors: readonly ProducerInterceptor[];
  readonly keySerializer: Serializer<K>;
  readonly valueSerializer: Serializer<V>;
}

const optionNames: readonly string[] = [
  ...connectionOptionNames,
  'acks',
  'enableIdempotence',
  'transactionalId',
  'transactionTimeoutMs',
  'retries',
  'maxInFlightRequestsPerConnection',
  'lingerMs',
  'batchSize',
  'bufferMemory',
  'maxBlockMs',
  'deliveryTimeoutMs',
  'maxRequestSize',
  'compressionType',
  'partitionerIgnoreKeys',
  'partitioner',
  'interceptors',
  'keySerializer',
  'valueSerializer',
] satisfies (keyof ProducerOptions)[];

const maxInt32 = 2 ** 31 - 1;
/** Brokers remember five batches per producer and partition; more in flight could not be put in order (PC2, P6). */
const idempotentInFlightMax = 5;

function serializerOption<T>(name: string, value: Serializer<T> | undefined): Serializer<T> {
  if (value === undefined) return serializers.automatic as Serializer<T>;
  if (typeof value?.serialize !== 'function') {
    throw new InvalidOptionError(name, `${name} has to be an object with a method serialize(topic, value)`);
  }
  return value;
}

function partitionerOption(value: unknown): Partitioner | null {
  if (value === undefined) return null;
  if (typeof (value as Partial<Partitioner> | null)?.partition !== 'function') {
    throw new InvalidOptionError(
      'partitioner',
      'partitioner has to be an object with a method partition(record, topic)',
    );
  }
  return value as Partitioner;
}

function interceptorsOption(value: unknown): readonly ProducerInterceptor[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null))
    return value as ProducerInterceptor[];
  throw new InvalidOptionError(
    'interceptors',
    'interceptors has to be a list of objects with onSend and the like',
  );
}

/** Idempotence is on unless something set by hand forbids it; asked for by hand, whatever forbids it is an error (PC2). */
function idempotence(options: ProducerOptions, acks: number, retries: number, inFlight: number): boolean {
  const asked = options.enableIdempotence === true || options.transactionalId !== undefined;
  const need = options.transactionalId === undefined ? 'enableIdempotence' : 'transactionalId';
  if (!booleanOption('enableIdempotence', options.enableIdempotence, true)) {
    if (options.transactionalId === undefined) return false;
    throw new InvalidOptionError(
      'enableIdempotence',
      'enableIdempotence is false; a producer with a transactionalId needs it',
    );
  }
  const obstacle =
    acks !== -1
      ? (['acks', `acks has to be 'all' with ${need}, not ${acks}`] as const)
      : retries === 0
        ? (['retries', `retries has to be at least 1 with ${need}`] as const)
        : inFlight > idempotentInFlightMax
          ? ([
              'maxInFlightRequestsPerConnection',
              `maxInFlightRequestsPerConnection has to be at most ${idempotentInFlightMax} with ${need}, not ${inFlight}`,
            ] as const)
          : null;
  if (obstacle === null) return true;
  if (asked) throw new InvalidOptionError(obstacle[0], obstacle[1]);
  return false;
}

function transactionalIdOption(value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidOptionError(
    'transactionalId',
    `transactionalId is ${show(value)}; it has to be text of at least one character`,
  );
}

/** A delivery timeout that leaves no time for one try is an error when it was set, else it is raised (PC1). */
function deliveryTimeout(options: ProducerOptions, lingerMs: number, requestTimeoutMs: number): number {
  const least = lingerMs + requestTimeoutMs;
  const value = integerOption('deliveryTimeoutMs', options.deliveryTimeoutMs, 120_000, { min: 0 });
  if (value >= least) return value;
  if (options.deliveryTimeoutMs === undefined) return least;
  throw new InvalidOptionError(
    'deliveryTimeoutMs',
    `deliveryTimeoutMs is ${value}; it has to be at least lingerMs + requestTimeoutMs (${lingerMs} + ${requestTimeoutMs})`,
  );
}

export function producerConfig<K, V>(options: ProducerOptions<K, V>): ProducerConfig<K, V> {
  knownOptions('producer', options, optionNames);
  const integer = (name: keyof ProducerOptions, fallback: number, min: number, max?: number): number =>
    integerOption(name, options[name], fallback, max === undefined ? { min } : { min, max });
  const asked = choiceOption('acks', options.acks, 'all', ['all', -1, 0, 1] as const);
  const acks = asked === 'all' ? -1 : asked;
  const retries = integer('retries', maxInt32, 0, maxInt32);
  const inFlight = integer('maxInFlightRequestsPerConnection', 5, 1, 100);
  const lingerMs = integer('lingerMs', 0, 0);
  const requestTimeoutMs = integer('requestTimeoutMs', 30_000, 1, maxInt32);
  return {
    acks,
    transactionalId: transactionalIdOption(options.transactionalId),
    transactionTimeoutMs: integer('transactionTimeoutMs', 60_000, 1, maxInt32),
    isIdempotent: idempotence(options, acks, retries, inFlight),
    retries,
    maxInFlightRequestsPerConnection: inFlight,
    lingerMs,
    batchSizeBytes: integer('batchSize', 16_384, 0, maxInt32),
    bufferMemoryBytes: integer('bufferMemory', 33_554_432, 0),
    maxBlockMs: integer('maxBlockMs', 60_000, 0),
    requestTimeoutMs,
    deliveryTimeoutMs: deliveryTimeout(options, lingerMs, requestTimeoutMs),
    maxRequestSizeBytes: integer('maxRequestSize', 1_048_576, 0, maxInt32),
    compressionType: choiceOption('compressionType', options.compressionType, 'none', [
      'none',
      'gzip',
      'snappy',
      'lz4',
      'zstd',
    ] as const),
    partitionerIgnoreKeys: booleanOption('partitionerIgnoreKeys', options.partitionerIgnoreKeys, false),
    partitioner: partitionerOption(options.partitioner),
    interceptors: interceptorsOption(options.interceptors),
    keySerializer: serializerOption('keySerializer', options.keySerializer),
    valueSerializer: serializerOption('valueSerializer', options.valueSerializer),
  };
}
