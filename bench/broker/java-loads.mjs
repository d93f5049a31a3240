// Decides how Apache Kafka's own performance tools load a broker, and what is read from what they print.
import { javaTool } from '../../interop/support/apache-kafka.mjs';

const timeoutMs = 180_000;
/** The part of the records that is sent before measuring begins: until then the tool's own code is being compiled. */
const warmupPart = 4;

/**
 * kafka-producer-perf-test. Throughput is in records a second, −1 for all that goes.
 * @param {{ java: string, classPath: string }} kafka
 * @param {{ bootstrapServers: string, topic: string, records: number, recordBytes: number, acks: string, throughput?: number }} load
 */
export async function javaProduce(kafka, load) {
  const { bootstrapServers, topic, records, recordBytes, acks, throughput = -1 } = load;
  const options = {
    topic,
    'num-records': records,
    'record-size': recordBytes,
    throughput,
    'warmup-records': Math.floor(records / warmupPart),
  };
  const { stdout } = await javaTool(
    kafka,
    'org.apache.kafka.tools.ProducerPerformance',
    [...flags(options), '--command-property', `bootstrap.servers=${bootstrapServers}`, `acks=${acks}`],
    { timeoutMs },
  );
  const text = stdout.toString();
  const found =
    /steady state records sent, ([\d.]+) records\/sec \(([\d.]+) MB\/sec\).*?, (\d+) ms 50th.*?, (\d+) ms 99th/.exec(
      text,
    );
  if (found === null) throw new Error(`kafka-producer-perf-test printed no summary:\n${text.slice(-1_000)}`);
  const [recordsPerSecond = 0, , p50Ms = 0, p99Ms = 0] = found.slice(1).map(Number);
  return { recordsPerSecond, p50Ms, p99Ms };
}

/**
 * kafka-consumer-perf-test, with a group of its own; the time until the group has formed does not count.
 * @param {{ java: string, classPath: string }} kafka
 * @param {{ bootstrapServers: string, topic: string, records: number }} load
 */
export async function javaConsume(kafka, { bootstrapServers, topic, records }) {
  const options = { 'bootstrap-server': bootstrapServers, topic, 'num-records': records };
  const { stdout } = await javaTool(
    kafka,
    'org.apache.kafka.tools.ConsumerPerformance',
    [...flags(options), '--hide-header'],
    { timeoutMs },
  );
  const text = stdout.toString();
  const fields = text.trim().split('\n').at(-1)?.split(', ') ?? [];
  const received = Number(fields[4]);
  const recordsPerSecond = Number(fields.at(-1));
  if (!(received >= records) || !(recordsPerSecond > 0))
    throw new Error(`kafka-consumer-perf-test received ${received} of ${records}:\n${text.slice(-1_000)}`);
  return { recordsPerSecond };
}

/** @param {Record<string, string | number>} options */
const flags = (options) => Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
