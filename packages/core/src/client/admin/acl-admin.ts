// Decides how access control lists are described, created and deleted (KIP-140, KIP-290).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

const resourceTypes = {
  any: 1,
  topic: 2,
  group: 3,
  cluster: 4,
  'transactional-id': 5,
  'delegation-token': 6,
  user: 7,
} as const;
const patternTypes = { any: 1, match: 2, literal: 3, prefixed: 4 } as const;
const operations = {
  any: 1,
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'cluster-action': 9,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
  'create-tokens': 13,
  'describe-tokens': 14,
  'two-phase-commit': 15,
} as const;
const permissions = { any: 1, deny: 2, allow: 3 } as const;

/** What an entry is about (`ResourceType`). */
export type AclResourceType = Exclude<keyof typeof resourceTypes, 'any'>;
/** Whether a name stands for itself or for all that begin with it (`PatternType`). */
export type AclPatternType = 'literal' | 'prefixed';
/** What is allowed or denied (`AclOperation`). */
export type AclOperation = Exclude<keyof typeof operations, 'any'>;
/** Whether it is allowed or denied (`AclPermissionType`). */
export type AclPermission = Exclude<keyof typeof permissions, 'any'>;

/** An access control entry (`AclBinding`). */
export interface AclBinding {
  /** What kind of thing it is about. */
  readonly resourceType: AclResourceType;
  /** A topic, group, transactional id, token or user; `kafka-cluster` for the cluster; `*` for all of the type. */
  readonly resourceName: string;
  /** Default: `literal`. */
  readonly patternType?: AclPatternType;
  /** For example `User:ada`; `User:*` for everybody. */
  readonly principal: string;
  /** An address; `*`, the default, for all. */
  readonly host?: string;
  /** What may be done, or not. */
  readonly operation: AclOperation;
  /** Default: `allow`. */
  readonly permission?: AclPermission;
}

/** Which entries are meant; what is absent matches all (`AclBindingFilter`). */
export interface AclFilter {
  /** Only about this kind of thing. */
  readonly resourceType?: AclResourceType;
  /** Only about things of this name. */
  readonly resourceName?: string;
  /** `match`: all patterns that bear on the name, wildcards and prefixes too. Default: any pattern that is spelled so. */
  readonly patternType?: AclPatternType | 'match';
  /** Only about this user, for example `User:ada`. */
  readonly principal?: string;
  /** Only for this address. */
  readonly host?: string;
  /** Only about this operation. */
  readonly operation?: AclOperation;
  /** Only what is allowed, or what is denied. */
  readonly permission?: AclPermission;
}

/** An entry as brokers tell it. What they name and this client does not know is `unknown`. */
export interface AclEntry {
  /** What kind of thing it is about; `unknown` for one that this client does not know. */
  readonly resourceType: AclResourceType | 'unknown';
  /** Which one: its name, the beginning of names, or `*` for all. */
  readonly resourceName: string;
  /** Whether the name stands for itself or for all that begin with it. */
  readonly patternType: AclPatternType | 'unknown';
  /** Whom it is about, for example `User:ada`. */
  readonly principal: string;
  /** The address they come from; `*` for all. */
  readonly host: string;
  /** What may be done, or not. */
  readonly operation: AclOperation | 'unknown';
  /** Whether it is allowed or denied. */
  readonly permission: AclPermission | 'unknown';
}

function nameIn<Name extends string>(
  table: Readonly<Record<Name, number>>,
  number: number,
): Name | undefined {
  return (Object.keys(table) as Name[]).find((name) => table[name] === number);
}

interface WireEntry {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

function entryOf(wire: WireEntry): AclEntry {
  const resourceType = nameIn(resourceTypes, wire.resourceType);
  const patternType = nameIn(patternTypes, wire.patternType);
  const operation = nameIn(operations, wire.operation);
  const permission = nameIn(permissions, wire.permissionType);
  return {
    resourceType: resourceType === undefined || resourceType === 'any' ? 'unknown' : resourceType,
    resourceName: wire.resourceName,
    patternType: patternType === 'literal' || patternType === 'prefixed' ? patternType : 'unknown',
    principal: wire.principal,
    host: wire.host,
    operation: operation === undefined || operation === 'any' ? 'unknown' : operation,
    permission: permission === undefined || permission === 'any' ? 'unknown' : permission,
  };
}

const wireFilter = (filter: AclFilter) => ({
  resourceTypeFilter: resourceTypes[filter.resourceType ?? 'any'],
  resourceNameFilter: filter.resourceName ?? null,
  patternTypeFilter: patternTypes[filter.patternType ?? 'any'],
  principalFilter: filter.principal ?? null,
  hostFilter: filter.host ?? null,
  operation: operations[filter.operation ?? 'any'],
  permissionType: permissions[filter.permission ?? 'any'],
});

export function describeAcls(context: AdminContext, filter: AclFilter): Promise<AclEntry[]> {
  return context.call('Describing ACLs', async (timeoutMs) => {
    const response = await context.client.send('any', apis.describeAcls, wireFilter(filter), { timeoutMs });
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, 'Cannot describe ACLs', response.errorMessage);
    }
    return response.resources.flatMap(({ resourceType, resourceName, patternType, acls }) =>
      acls.map((acl) => entryOf({ resourceType, resourceName, patternType, ...acl })),
    );
  });
}

/** How results name an entry. */
const nameOf = (acl: AclBinding): string =>
  `${acl.permission ?? 'allow'} ${acl.principal}@${acl.host ?? '*'} ${acl.operation} ${acl.patternType ?? 'literal'} ${acl.resourceType}:${acl.resourceName}`;

/** Results by entry, in the words of its parts. */
export function createAcls(context: AdminContext, acls: readonly AclBinding[]): Promise<AdminResults<void>> {
  return context.call('Creating ACLs', async (timeoutMs) => {
    const creations = acls.map((acl) => ({
      resourceType: resourceTypes[acl.resourceType],
      resourceName: acl.resourceName,
      resourcePatternType: patternTypes[acl.patternType ?? 'literal'],
      principal: acl.principal,
      host: acl.host ?? '*',
      operation: operations[acl.operation],
      permissionType: permissions[acl.permission ?? 'allow'],
    }));
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.createAcls,
      { creations },
      { timeoutMs },
    );
    const results = new ResultCollector<void>();
    for (const [index, acl] of acls.entries()) {
      const result = response.results[index];
      const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      const name = nameOf(acl);
      if (errorCode === ErrorCode.NONE) results.value(name, undefined);
      else results.error(name, brokerError(errorCode, `Cannot create the ACL ${name}`, result?.errorMessage));
    }
    return results.finish();
  });
}

/** Results by the filter's place in the call: `0`, `1` …; each has the entries that were deleted. */
export function deleteAcls(
  context: AdminContext,
  filters: readonly AclFilter[],
): Promise<AdminResults<readonly AclEntry[]>> {
  return context.call('Deleting ACLs', async (timeoutMs) => {
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.deleteAcls,
      { filters: filters.map(wireFilter) },
      { timeoutMs },
    );
    const results = new ResultCollector<readonly AclEntry[]>();
    for (const index of filters.keys()) {
      const result = response.filterResults[index];
      const failed =
        result === undefined || result.errorCode !== ErrorCode.NONE
          ? { errorCode: result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR, ...result }
          : result.matchingAcls.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
      if (failed === undefined) results.value(String(index), (result?.matchingAcls ?? []).map(entryOf));
      else
        results.error(
          String(index),
          brokerError(failed.errorCode, `Cannot delete ACLs of filter ${index}`, failed.errorMessage),
        );
    }
    return results.finish();
  });
}
