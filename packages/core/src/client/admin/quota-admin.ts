// Decides how quotas of clients, users and addresses are described and changed (KIP-546).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

const entityTypes = ['user', 'client-id', 'ip'] as const;
/** Whom a quota concerns. */
export type QuotaEntityType = (typeof entityTypes)[number];

/** By type, a name, or null for the default of the type; for example `{ user: 'ada', 'client-id': null }`. */
export type QuotaEntity = Readonly<Partial<Record<QuotaEntityType, string | null>>>;

/** Which entities are meant. */
export interface QuotaFilter {
  /** By type: a name, null for the type's default, or `{ any: true }` for all names that are set. Absent types: whatever they are. */
  readonly entity: Readonly<Partial<Record<QuotaEntityType, string | null | { readonly any: true }>>>;
  /** Whether entities that have other types as well are left out. Default: false. */
  readonly strict?: boolean;
}

/** An entity and its quotas. */
export interface QuotaDescription {
  /** Whom it limits. */
  readonly entity: QuotaEntity;
  /** By quota, for example `producer_byte_rate` (bytes per second). */
  readonly quotas: ReadonlyMap<string, number>;
}

/** Quotas to set. */
export interface QuotaAlteration {
  /** Whom to limit. */
  readonly entity: QuotaEntity;
  /** By quota; null removes it. */
  readonly quotas: Readonly<Record<string, number | null>>;
}

const matchTypes = { exact: 0, default: 1, any: 2 } as const;

type WireEntity = readonly { readonly entityType: string; readonly entityName: string | null }[];

const entityOf = (wire: WireEntity): QuotaEntity =>
  Object.fromEntries(wire.map(({ entityType, entityName }) => [entityType, entityName]));

const wireEntity = (entity: QuotaEntity) =>
  Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }));

/** How results name an entity, whatever the order of its types: `user=ada,client-id=<default>`. */
const nameOf = (entity: QuotaEntity): string =>
  entityTypes
    .filter((type) => entity[type] !== undefined)
    .map((type) => `${type}=${entity[type] ?? '<default>'}`)
    .join(',');

export function describeClientQuotas(
  context: AdminContext,
  filter: QuotaFilter,
): Promise<QuotaDescription[]> {
  return context.call('Describing client quotas', async (timeoutMs) => {
    const components = Object.entries(filter.entity).map(([entityType, match]) => {
      if (match === null) return { entityType, matchType: matchTypes.default, match: null };
      return typeof match === 'string'
        ? { entityType, matchType: matchTypes.exact, match }
        : { entityType, matchType: matchTypes.any, match: null };
    });
    const response = await context.client.send(
      'any',
      apis.describeClientQuotas,
      { components, strict: filter.strict ?? false },
      { timeoutMs },
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, 'Cannot describe client quotas', response.errorMessage);
    }
    return (response.entries ?? []).map(({ entity, values }) => ({
      entity: entityOf(entity),
      quotas: new Map(values.map(({ key, value }) => [key, value])),
    }));
  });
}

/** Results by entity, for example `user=ada,client-id=<default>`. */
export function alterClientQuotas(
  context: AdminContext,
  alterations: readonly QuotaAlteration[],
  validateOnly: boolean,
): Promise<AdminResults<void>> {
  return context.call('Altering client quotas', async (timeoutMs) => {
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.alterClientQuotas,
      {
        entries: alterations.map(({ entity, quotas }) => ({
          entity: wireEntity(entity),
          ops: Object.entries(quotas).map(([key, value]) => ({
            key,
            value: value ?? 0,
            remove: value === null,
          })),
        })),
        validateOnly,
      },
      { timeoutMs },
    );
    const results = new ResultCollector<void>();
    for (const { entity } of alterations) {
      const name = nameOf(entity);
      const result = response.entries.find((entry) => nameOf(entityOf(entry.entity)) === name);
      const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      if (errorCode === ErrorCode.NONE) results.value(name, undefined);
      else
        results.error(
          name,
          brokerError(errorCode, `Cannot alter the quotas of ${name}`, result?.errorMessage),
        );
    }
    return results.finish();
  });
}
