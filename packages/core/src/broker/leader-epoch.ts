// Decides whether the leader epoch that a client believes in is the partition's (F9).
import { ErrorCode } from '../protocol/errors.js';

/** Zero when it is, or when the client names none. */
export function leaderEpochProblem(partition: { readonly leaderEpoch: number }, believed: number): number {
  if (believed < 0 || believed === partition.leaderEpoch) return ErrorCode.NONE;
  return believed < partition.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
}
