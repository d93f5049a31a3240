// Decides which configs a group has of its own, what they fall back to on the broker, and which values are refused (KIP-848, KIP-1240).
import { brokerConfigTable, type BrokerConfigName } from './broker-configs.js';
import type { ConfigDefinition, ConfigSynonym, EffectiveConfig } from './config-definition.js';
import { configSynonyms, type ResolvedBrokerConfig } from './resolved-broker-config.js';

interface GroupConfigDefinition {
  readonly definition: ConfigDefinition<number>;
  /** What a group has that sets none. */
  readonly broker: BrokerConfigName;
  readonly least: (broker: ResolvedBrokerConfig) => number;
  readonly most: (broker: ResolvedBrokerConfig) => number;
}

/** The least and the most are configs of the broker, so that a group cannot be set to overload it. */
export const groupConfigTable: Readonly<Record<string, GroupConfigDefinition>> = {
  'consumer.heartbeat.interval.ms': {
    definition: brokerConfigTable['group.consumer.heartbeat.interval.ms'],
    broker: 'group.consumer.heartbeat.interval.ms',
    least: ({ values }) => values.groupConsumerMinHeartbeatIntervalMs,
    most: ({ values }) => values.groupConsumerMaxHeartbeatIntervalMs,
  },
  'consumer.session.timeout.ms': {
    definition: brokerConfigTable['group.consumer.session.timeout.ms'],
    broker: 'group.consumer.session.timeout.ms',
    least: ({ values }) => values.groupConsumerMinSessionTimeoutMs,
    most: ({ values }) => values.groupConsumerMaxSessionTimeoutMs,
  },
};

function entryOf(name: string): GroupConfigDefinition | undefined {
  return Object.hasOwn(groupConfigTable, name) ? groupConfigTable[name] : undefined;
}

export function groupConfigDefinition(name: string): ConfigDefinition<unknown> | undefined {
  return entryOf(name)?.definition;
}

/** What is wrong with configs given for a group, or null when nothing is (INVALID_CONFIG otherwise). */
export function groupConfigsProblem(
  given: ReadonlyMap<string, string>,
  broker: ResolvedBrokerConfig,
): string | null {
  for (const [name, text] of given) {
    const entry = entryOf(name);
    if (entry === undefined) return `Config ${name} is unknown for groups`;
    const parsed = entry.definition.parse(text);
    if ('problem' in parsed) return `Config ${name} cannot be "${text}": ${parsed.problem}`;
    const [least, most] = [entry.least(broker), entry.most(broker)];
    if (parsed.value < least || parsed.value > most)
      return `Config ${name} cannot be "${text}": the broker allows ${least} to ${most}`;
  }
  return null;
}

/** Every config of a group, and where it comes from. */
export function groupConfigValues(
  given: ReadonlyMap<string, string>,
  broker: ResolvedBrokerConfig,
): EffectiveConfig[] {
  return Object.entries(groupConfigTable).map(([name, entry]) => {
    const own = ownValue(name, given);
    const synonyms: ConfigSynonym[] = own === null ? [] : [{ name, value: own, source: 'group' }];
    synonyms.push(...configSynonyms([entry.broker], broker));
    const [first] = synonyms;
    return { name, value: first?.value ?? null, source: first?.source ?? 'default', synonyms };
  });
}

function ownValue(name: string, given: ReadonlyMap<string, string>): number | null {
  const text = given.get(name);
  const parsed = text === undefined ? undefined : entryOf(name)?.definition.parse(text);
  return parsed !== undefined && 'value' in parsed ? parsed.value : null;
}

/** What a group sets itself of the times of its members; null for what it does not. */
export function ownConsumerTimes(given: ReadonlyMap<string, string>): {
  readonly sessionTimeoutMs: number | null;
  readonly heartbeatIntervalMs: number | null;
} {
  return {
    sessionTimeoutMs: ownValue('consumer.session.timeout.ms', given),
    heartbeatIntervalMs: ownValue('consumer.heartbeat.interval.ms', given),
  };
}
