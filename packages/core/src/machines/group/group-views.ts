// Decides how groups look to those who describe and list them (C17).
import { ErrorCode } from '../../protocol/errors.js';
import type { DescribeGroupsResponseInput } from '../../protocol/messages/15-describe-groups.js';
import type { ListGroupsResponseInput } from '../../protocol/messages/16-list-groups.js';
import { consumerProtocolType, type ClassicGroup } from './classic-group.js';
import { emptyBytes } from './classic-member.js';
import type { Group } from './group-store.js';

export type DescribedGroup = DescribeGroupsResponseInput['groups'][number];
export type ListedGroup = ListGroupsResponseInput['groups'][number];

const groupIdNotFoundSince = 6;

/** A group that is no classic group is described as dead; from version 6 on that is an error as well. */
export function describeMissingGroup(
  groupId: string,
  known: Group | undefined,
  apiVersion: number,
): DescribedGroup {
  const described: DescribedGroup = {
    errorCode: ErrorCode.NONE,
    groupId,
    groupState: 'Dead',
    protocolType: '',
    protocolData: '',
    members: [],
  };
  if (apiVersion < groupIdNotFoundSince) return described;
  return {
    ...described,
    errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
    errorMessage:
      known === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`,
  };
}

/** What members offered is shown for a stable group only: before that the protocol may still change. */
export function describeGroup(group: ClassicGroup): DescribedGroup {
  const isStable = group.state === 'Stable';
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadata(group.protocolName) : emptyBytes,
      memberAssignment: member.assignment,
    })),
  };
}

/** Empty filters let everything through; names are compared without case. */
export interface GroupFilter {
  readonly states: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

export function groupFilter(states: readonly string[], types: readonly string[]): GroupFilter {
  const normalized = (names: readonly string[]) => new Set(names.map((name) => name.trim().toLowerCase()));
  return { states: normalized(states), types: normalized(types) };
}

export function listGroup(group: Group, filter: GroupFilter): ListedGroup | null {
  const { groupId, kind, state } = group;
  if (filter.states.size > 0 && !filter.states.has(state.toLowerCase())) return null;
  if (filter.types.size > 0 && !filter.types.has(kind)) return null;
  const protocolType = group.kind === 'classic' ? (group.protocolType ?? '') : consumerProtocolType;
  return { groupId, protocolType, groupState: state, groupType: kind };
}
