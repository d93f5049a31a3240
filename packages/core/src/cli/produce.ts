// Decides how lines become records, how many may be under way, and what is told of those that failed.
import type { Admin } from '../client/admin.js';
import { KafkaError, SendManyError, TimeoutError } from '../client/errors.js';
import type { Producer } from '../client/producer.js';
import type { ProducerOptions } from '../client/producer-options.js';
import { RecordHeaders } from '../client/record-headers.js';
import type { HeaderInput, ProducerRecord, RecordMetadata } from '../client/types.js';
import { clientOptions } from './arguments.js';
import { CommandFailure, FailuresTold, UsageError } from './failures.js';
import { RecordFormat } from './record-format.js';
import { recordFromJson, RecordLineError } from './record-json.js';
import type { ClusterOptions, ClusterSession } from './session.js';
import { splitInput } from './split-input.js';

export interface ProduceOptions extends ClusterOptions {
  readonly keyDelimiter?: Buffer;
  readonly key?: string;
  readonly header?: readonly string[];
  readonly partition?: number;
  readonly delimiter?: Buffer;
  readonly compression: NonNullable<ProducerOptions['compressionType']>;
  readonly acks: 'all' | '1' | '0';
  readonly null: boolean;
  readonly tombstone: boolean;
  readonly json: boolean;
  readonly format?: string;
  readonly allowAutoTopicCreation: boolean;
  readonly clientOption: Readonly<Record<string, string>>;
}

type OutgoingRecord = ProducerRecord<Buffer | string, Buffer | string>;

/** Bounds of what was read and is not yet delivered. */
const recordsInFlightMax = 50_000;
const bytesInFlightMax = 16 * 1024 * 1024;
/** Records that share a promise. */
const recordsPerSend = 5000;
/** Failures that are told one by one. */
const failuresTold = 5;

function parseHeader(text: string): HeaderInput {
  const equals = text.indexOf('=');
  return equals < 0
    ? { key: text, value: null }
    : { key: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** Makes a record of each line; decided once, from the options. Its objects have one shape: a spread for each line would cost more than the sending. */
function recordReader(topic: string, options: ProduceOptions): (line: Buffer) => OutgoingRecord {
  const fixedHeaders = (options.header ?? []).map(parseHeader);
  const headers = fixedHeaders.length === 0 ? undefined : fixedHeaders;
  const { partition, keyDelimiter } = options;
  const fixedKey = options.key ?? null;
  const orNull = (bytes: Buffer): Buffer | null => (options.null && bytes.length === 0 ? null : bytes);
  if (options.json) {
    return (line) => {
      const fields = recordFromJson(line);
      return {
        topic,
        partition,
        key: fixedKey ?? fields.key ?? null,
        value: fields.value,
        headers: [...fixedHeaders, ...fields.headers],
        timestamp: fields.timestamp,
      };
    };
  }
  if (options.tombstone) return (line) => ({ topic, partition, key: line, value: null, headers });
  if (keyDelimiter === undefined)
    return (line) => ({ topic, partition, key: fixedKey, value: orNull(line), headers });
  return (line) => {
    const at = line.indexOf(keyDelimiter);
    if (at < 0) return { topic, partition, key: null, value: orNull(line), headers };
    const value = orNull(line.subarray(at + keyDelimiter.length));
    return { topic, partition, key: orNull(line.subarray(0, at)), value, headers };
  };
}

function checkOptions(options: ProduceOptions): void {
  const keySources = [
    options.keyDelimiter !== undefined && '--key-delimiter',
    options.key !== undefined && '--key',
    options.tombstone && '--tombstone',
  ].filter((name) => name !== false);
  if (keySources.length > 1) throw new UsageError(`${keySources.join(' and ')} exclude each other`);
  for (const name of ['--key-delimiter', '--tombstone'] as const) {
    if (options.json && keySources.includes(name))
      throw new UsageError(`--json and ${name} exclude each other`);
  }
}

/** One clear failure now is better than one for each record later. */
async function checkTopic(admin: Admin, topic: string, options: ProduceOptions): Promise<void> {
  const { values, errors } = await admin.describeTopics([topic]);
  const error = errors.get(topic);
  if (error?.code === 'UNKNOWN_TOPIC_OR_PARTITION') {
    if (options.allowAutoTopicCreation) return;
    throw new CommandFailure(
      `Topic ${topic} does not exist; create it with ottla topics create ${topic}, or give --allow-auto-topic-creation`,
    );
  }
  if (error !== undefined) throw error;
  const count = values.get(topic)?.partitions.length ?? 0;
  if (options.partition !== undefined && options.partition >= count) {
    throw new CommandFailure(`Topic ${topic} has no partition ${options.partition}: it has ${count}`);
  }
}

/** Sends, counts, and says when more may be read. */
class Delivery {
  delivered = 0;
  failed = 0;
  /** Set when going on makes no sense. */
  fatal: Error | null = null;
  #records = 0;
  #bytes = 0;
  #wake: (() => void) | null = null;

  constructor(
    private readonly producer: Producer,
    private readonly session: ClusterSession,
    private readonly format: RecordFormat | null,
  ) {}

  /** Resolves when there is room. */
  async send(records: readonly OutgoingRecord[], bytes: number): Promise<void> {
    while (this.#records > 0 && (this.#records >= recordsInFlightMax || this.#bytes >= bytesInFlightMax)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#records += records.length;
    this.#bytes += bytes;
    void this.#settle(records, bytes);
  }

  async drained(): Promise<void> {
    while (this.#records > 0) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async #settle(records: readonly OutgoingRecord[], bytes: number): Promise<void> {
    try {
      const results = await this.producer.sendMany(records).catch((error: unknown) => {
        if (error instanceof SendManyError) return error.results;
        throw error;
      });
      await this.#count(records, results);
    } catch (error) {
      this.fatal ??= error instanceof Error ? error : new Error(String(error));
      this.failed += records.length;
    } finally {
      this.#records -= records.length;
      this.#bytes -= bytes;
      this.#wake?.();
    }
  }

  async #count(
    records: readonly OutgoingRecord[],
    results: readonly (RecordMetadata | Error)[],
  ): Promise<void> {
    const lines: Buffer[] = [];
    for (const [index, result] of results.entries()) {
      const record = records[index];
      if (result instanceof Error) this.#fail(result);
      else {
        this.delivered++;
        if (this.format !== null && record !== undefined)
          this.format.append(lines, { ...result, ...contentOf(record) });
      }
    }
    if (lines.length > 0) await this.session.output.write(Buffer.concat(lines));
  }

  #fail(error: Error): void {
    this.failed++;
    if (this.failed <= failuresTold) this.session.failures.tell(error.message);
    // Whatever comes next would wait as long and fail as well.
    if (error instanceof TimeoutError || (error instanceof KafkaError && error.fatal)) this.fatal ??= error;
  }
}

function asBuffer(value: Buffer | Uint8Array | string | null | undefined): Buffer | null {
  return value === null || value === undefined ? null : Buffer.from(value as string);
}

function contentOf({ key, value, headers }: OutgoingRecord) {
  const list = [...((headers as Iterable<HeaderInput> | undefined) ?? [])];
  return {
    key: asBuffer(key),
    value: asBuffer(value),
    headers: new RecordHeaders(list.map((header) => ({ key: header.key, value: asBuffer(header.value) }))),
  };
}

async function sendInput(
  session: ClusterSession,
  delivery: Delivery,
  topic: string,
  maxRecordBytes: number,
  options: ProduceOptions,
): Promise<void> {
  const { stdin } = session.environment;
  const read = recordReader(topic, options);
  let lineNumber = 0;
  for await (const lines of splitInput(stdin, options.delimiter ?? Buffer.from('\n'), maxRecordBytes)) {
    let records: OutgoingRecord[] = [];
    let bytes = 0;
    for (const line of lines) {
      lineNumber++;
      if (options.json && line.length === 0) continue;
      try {
        records.push(read(line));
      } catch (error) {
        if (!(error instanceof RecordLineError)) throw error;
        delivery.failed++;
        if (delivery.failed <= failuresTold)
          session.failures.tell(`Line ${lineNumber} is no record: ${error.message}`);
        continue;
      }
      bytes += line.length;
      if (records.length < recordsPerSend) continue;
      await delivery.send(records, bytes);
      records = [];
      bytes = 0;
    }
    if (records.length > 0) await delivery.send(records, bytes);
    if (delivery.fatal !== null || session.output.isClosed) return;
  }
}

/** Windows' line ends belong to the line, as with kcat; nothing is trimmed. */
export async function produce(
  session: ClusterSession,
  topic: string,
  options: ProduceOptions,
): Promise<void> {
  const { kafka, admin, environment, failures, timeoutMs } = session;
  checkOptions(options);
  const format = options.format === undefined ? null : new RecordFormat(options.format);
  const extra = clientOptions(options.clientOption);
  const producer = kafka.producer<unknown, unknown>({
    acks: options.acks === 'all' ? 'all' : options.acks === '1' ? 1 : 0,
    compressionType: options.compression,
    maxBlockMs: timeoutMs,
    ...extra,
  });
  await checkTopic(admin, topic, options);
  const maxRequestSize = extra['maxRequestSize'];
  const delivery = new Delivery(producer, session, format);
  // What was read until then is still delivered.
  const stopListening = environment.onStopSignal(() => void environment.stdin.destroy());
  try {
    await sendInput(
      session,
      delivery,
      topic,
      typeof maxRequestSize === 'number' ? maxRequestSize : 1_048_576,
      options,
    );
  } catch (error) {
    if (!isPrematureClose(error)) throw error;
  } finally {
    stopListening();
    await delivery.drained();
  }
  if (delivery.fatal !== null && delivery.failed === 0) throw delivery.fatal;
  if (delivery.failed > 0) {
    failures.tell(`${delivery.failed} of ${delivery.failed + delivery.delivered} records were not delivered`);
    throw new FailuresTold('records were not delivered');
  }
}

/** The input was destroyed by a signal. */
function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
