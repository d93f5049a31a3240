// Decides how calls for many resources run side by side: what fails for one is that one's error.
import { KafkaError } from '../errors.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

export async function settleEach<Resource, Value>(
  resources: readonly Resource[],
  nameOf: (resource: Resource) => string,
  call: (resource: Resource) => Promise<Value>,
): Promise<AdminResults<Value>> {
  const results = new ResultCollector<Value>();
  await Promise.all(
    resources.map(async (resource) => {
      const name = nameOf(resource);
      try {
        results.value(name, await call(resource));
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        results.error(name, error);
      }
    }),
  );
  return results.finish();
}
