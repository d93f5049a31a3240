// Decides what the controller's rules are given to look at: the cluster's metadata, this node and its configs.
import type { MetadataRecord } from '../../protocol/metadata/metadata-records.js';
import { ClusterImage } from './cluster-image.js';
import { allBrokers, configResourceTypes } from './config-resource.js';
import { withDynamicConfigs, type ResolvedBrokerConfig } from './config/resolved-broker-config.js';

export interface ControllerNode {
  readonly nodeId: number;
  /** The id of the directory that holds its logs. */
  readonly directoryId: string;
  /** What the broker was started with. */
  readonly config: ResolvedBrokerConfig;
}

export class ControllerState {
  readonly image = new ClusterImage();
  #config: ResolvedBrokerConfig;

  constructor(readonly node: ControllerNode) {
    this.#config = node.config;
  }

  /** What this broker's configs are now, with those that were changed while it ran. */
  get config(): ResolvedBrokerConfig {
    return this.#config;
  }

  replay(record: MetadataRecord): void {
    this.image.replay(record);
    if (record.kind !== 'config' || record.body.resourceType !== configResourceTypes.broker) return;
    this.#config = this.configWith(
      this.#dynamicConfigs(String(this.node.nodeId)),
      this.#dynamicConfigs(allBrokers),
    );
  }

  /** What this broker's configs would be. */
  configWith(
    ofBroker: ReadonlyMap<string, string>,
    ofAllBrokers: ReadonlyMap<string, string>,
  ): ResolvedBrokerConfig {
    return withDynamicConfigs(this.node.config, ofBroker, ofAllBrokers);
  }

  topicConfigs(name: string): ReadonlyMap<string, string> {
    return this.image.configsOf({ resourceType: configResourceTypes.topic, resourceName: name });
  }

  #dynamicConfigs(resourceName: string): ReadonlyMap<string, string> {
    return this.image.configsOf({ resourceType: configResourceTypes.broker, resourceName });
  }
}
