// Decides which resources have configs, by Kafka's codes.

export const configResourceTypes = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const;

/** The broker resource that stands for all brokers of the cluster. */
export const allBrokers = '';

export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

export function configResourceKey({ resourceType, resourceName }: ConfigResource): string {
  return `${resourceType} ${resourceName}`;
}
