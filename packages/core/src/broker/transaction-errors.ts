// Decides what a client is told that was fenced before it could know the word for it (KIP-588).
import { ErrorCode } from '../protocol/errors.js';

/** PRODUCER_FENCED is known since `firstVersion` of an API; before it is INVALID_PRODUCER_EPOCH. */
export function fencedErrorCode(errorCode: number, apiVersion: number, firstVersion: number): number {
  return errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < firstVersion
    ? ErrorCode.INVALID_PRODUCER_EPOCH
    : errorCode;
}
