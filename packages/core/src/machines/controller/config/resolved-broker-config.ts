// Decides which value a broker config has when several places give one, and what else would decide it (K24).
import {
  brokerConfigTable,
  isBrokerConfig,
  type BrokerConfig,
  type BrokerConfigName,
} from './broker-configs.js';
import {
  camelCase,
  configText,
  type ConfigDefinition,
  type ConfigSource,
  type ConfigSynonym,
  type EffectiveConfig,
} from './config-definition.js';

/** A broker config that is unknown or has a value it cannot have. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
}

/** The configs that one place gives. */
export interface ConfigLayer {
  readonly source: ConfigSource;
  readonly given: ReadonlyMap<BrokerConfigName, unknown>;
}

export interface ResolvedBrokerConfig {
  readonly values: BrokerConfig;
  /** The strongest first; what none of them gives has its default. */
  readonly layers: readonly ConfigLayer[];
}

/** Configs that say the same in other units; the first one that has a value decides. */
const families: readonly (readonly BrokerConfigName[])[] = [
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
];

/** The config and those that say the same in other units. */
export function brokerConfigFamily(name: BrokerConfigName): readonly BrokerConfigName[] {
  return families.find((family) => family.includes(name)) ?? [name];
}

function definitionOf(name: BrokerConfigName): ConfigDefinition<unknown> {
  return brokerConfigTable[name];
}

/** All that gives one of the configs a value: by place, and within a place by name, as Kafka orders them. */
export function configSynonyms(
  names: readonly BrokerConfigName[],
  { layers }: ResolvedBrokerConfig,
): ConfigSynonym[] {
  const synonyms: ConfigSynonym[] = [];
  for (const { source, given } of layers) {
    for (const name of names) if (given.has(name)) synonyms.push({ name, value: given.get(name), source });
  }
  for (const name of names) {
    const value = definitionOf(name).defaultValue;
    if (value !== null) synonyms.push({ name, value, source: 'default' });
  }
  return synonyms;
}

function resolve(layers: readonly ConfigLayer[]): ResolvedBrokerConfig {
  const values: Record<string, unknown> = {};
  const setDefault = (name: BrokerConfigName): void => {
    values[camelCase(name)] = definitionOf(name).defaultValue;
  };
  for (const name of Object.keys(brokerConfigTable) as BrokerConfigName[]) setDefault(name);
  for (const { given } of layers.toReversed()) {
    // Hours from a stronger place win over milliseconds from a weaker one.
    for (const name of given.keys()) brokerConfigFamily(name).forEach(setDefault);
    for (const [name, value] of given) values[camelCase(name)] = value;
  }
  return { values: values as unknown as BrokerConfig, layers };
}

const nameByKey: ReadonlyMap<string, BrokerConfigName> = new Map(
  (Object.keys(brokerConfigTable) as BrokerConfigName[]).map((name) => [camelCase(name), name]),
);

/** Fills in defaults and checks what is given; an unknown or impossible value throws an InvalidConfigError that names it. */
export function resolveBrokerConfig(given: Partial<BrokerConfig>): ResolvedBrokerConfig {
  const parsedByName = new Map<BrokerConfigName, unknown>();
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const name = nameByKey.get(key);
    if (name === undefined) {
      throw new InvalidConfigError(
        `Broker config ${key} is unknown; configs are Kafka's names in camelCase, such as numPartitions`,
      );
    }
    if (value === null) continue;
    const parsed = definitionOf(name).parse(configText(value) ?? '');
    if ('problem' in parsed) {
      throw new InvalidConfigError(
        `Broker config ${key} cannot be ${JSON.stringify(value)}: ${parsed.problem}`,
      );
    }
    parsedByName.set(name, parsed.value);
  }
  return resolve([{ source: 'staticBroker', given: parsedByName }]);
}

/** The values of texts that were accepted once; another version may have known more configs or other values of them. */
function parseAccepted(texts: ReadonlyMap<string, string>): Map<BrokerConfigName, unknown> {
  const values = new Map<BrokerConfigName, unknown>();
  for (const [name, text] of texts) {
    if (!isBrokerConfig(name)) continue;
    const parsed = definitionOf(name).parse(text);
    if ('value' in parsed) values.set(name, parsed.value);
  }
  return values;
}

/** What a broker has when configs were changed while it ran: its own win over those of all brokers, and both over what it started with. */
export function withDynamicConfigs(
  started: ResolvedBrokerConfig,
  ofBroker: ReadonlyMap<string, string>,
  ofAllBrokers: ReadonlyMap<string, string>,
): ResolvedBrokerConfig {
  return resolve([
    { source: 'dynamicBroker', given: parseAccepted(ofBroker) },
    { source: 'dynamicDefaultBroker', given: parseAccepted(ofAllBrokers) },
    ...started.layers.filter(({ source }) => source === 'staticBroker'),
  ]);
}

function effective(
  name: BrokerConfigName,
  resolved: ResolvedBrokerConfig,
  isWanted: (synonym: ConfigSynonym) => boolean,
): EffectiveConfig {
  const all = configSynonyms(brokerConfigFamily(name), resolved).filter(isWanted);
  // Kafka tells a config of a family only from where it is named itself.
  const start = all.findIndex((synonym) => synonym.name === name);
  const synonyms = start < 0 ? [] : all.slice(start);
  const value = synonyms[0]?.value ?? null;
  return { name, value, source: synonyms[0]?.source ?? 'default', synonyms };
}

/** Every config of a broker. */
export function brokerConfigValues(resolved: ResolvedBrokerConfig): EffectiveConfig[] {
  return (Object.keys(brokerConfigTable) as BrokerConfigName[]).map((name) =>
    effective(name, resolved, () => true),
  );
}

/** The configs that were set for all brokers of the cluster. */
export function dynamicDefaults(resolved: ResolvedBrokerConfig): EffectiveConfig[] {
  const layer = resolved.layers.find(({ source }) => source === 'dynamicDefaultBroker');
  return [...(layer?.given.keys() ?? [])].map((name) =>
    effective(name, resolved, ({ source }) => source === 'dynamicDefaultBroker'),
  );
}
