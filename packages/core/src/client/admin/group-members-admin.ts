// Decides how members are put out of a classic group (KIP-345).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { findCoordinator } from '../coordinator-lookup.js';
import { brokerError, InvalidArgumentError } from '../errors.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

/** A member to put out: by its member id, or a static one by `group.instance.id`. */
export type MemberToRemove = { readonly memberId: string } | { readonly groupInstanceId: string };

/** Why a member is put out when nothing else is said, as the group's log tells. */
const defaultReason = 'member was removed by an admin';

const nameOf = (member: MemberToRemove): string =>
  'memberId' in member ? member.memberId : member.groupInstanceId;

/** Results by member id or group instance id. */
export function removeMembersFromGroup(
  context: AdminContext,
  groupId: string,
  members: readonly MemberToRemove[],
  reason: string = defaultReason,
): Promise<AdminResults<void>> {
  if (members.length === 0) {
    throw new InvalidArgumentError(`Name the members to remove from group ${groupId}`);
  }
  return context.call(`Removing members from group ${groupId}`, async (timeoutMs) => {
    const coordinator = await findCoordinator(context.client, groupId, 'group', timeoutMs);
    const response = await context.client.send(
      coordinator.id,
      apis.leaveGroup,
      {
        groupId,
        members: members.map((member) =>
          'memberId' in member
            ? { memberId: member.memberId, groupInstanceId: null, reason }
            : { memberId: '', groupInstanceId: member.groupInstanceId, reason },
        ),
      },
      { timeoutMs },
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, `Cannot remove members from group ${groupId}`);
    }
    const results = new ResultCollector<void>();
    for (const member of members) {
      const name = nameOf(member);
      const result = (response.members ?? []).find((each) =>
        'memberId' in member ? each.memberId === name : each.groupInstanceId === name,
      );
      const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_MEMBER_ID;
      if (errorCode === ErrorCode.NONE) results.value(name, undefined);
      else results.error(name, brokerError(errorCode, `Cannot remove ${name} from group ${groupId}`));
    }
    return results.finish();
  });
}
