// Decides how the SCRAM credentials of users are described, set and deleted (KIP-554): a broker never sees a password.
import type { HashAlgorithm } from '../../ports/cryptography.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError, InvalidArgumentError } from '../errors.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

const mechanisms = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 } as const;
const hashes = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const satisfies Record<
  ScramMechanism,
  HashAlgorithm
>;
const defaultIterations = 4096;
/** Brokers refuse more (`ScramMechanism.maxIterations`). */
const mostIterations = 16_384;
const saltBytes = 24;

/** A SCRAM mechanism (RFC 5802). */
export type ScramMechanism = keyof typeof mechanisms;

/** A credential as brokers tell it. */
export interface ScramCredential {
  /** `unknown`: one that this client does not know. */
  readonly mechanism: ScramMechanism | 'unknown';
  /** How often the password is hashed. */
  readonly iterations: number;
}

/** A credential to set or to delete. */
export type ScramCredentialAlteration =
  | {
      readonly operation: 'upsert';
      readonly user: string;
      readonly mechanism: ScramMechanism;
      readonly password: string;
      /** 4096 to 16384. Default: 4096. */
      readonly iterations?: number;
    }
  | { readonly operation: 'delete'; readonly user: string; readonly mechanism: ScramMechanism };

const mechanismOf = (number: number): ScramMechanism | 'unknown' =>
  number === mechanisms['SCRAM-SHA-256']
    ? 'SCRAM-SHA-256'
    : number === mechanisms['SCRAM-SHA-512']
      ? 'SCRAM-SHA-512'
      : 'unknown';

/** Results by user; no users: all that have credentials. */
export function describeUserScramCredentials(
  context: AdminContext,
  users: readonly string[] | null,
): Promise<AdminResults<readonly ScramCredential[]>> {
  return context.call('Describing SCRAM credentials', async (timeoutMs) => {
    const response = await context.client.send(
      'any',
      apis.describeUserScramCredentials,
      { users: users === null ? null : users.map((name) => ({ name })) },
      { timeoutMs },
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, 'Cannot describe SCRAM credentials', response.errorMessage);
    }
    const results = new ResultCollector<readonly ScramCredential[]>();
    for (const { user, errorCode, errorMessage, credentialInfos } of response.results) {
      if (errorCode === ErrorCode.NONE) {
        results.value(
          user,
          credentialInfos.map(({ mechanism, iterations }) => ({
            mechanism: mechanismOf(mechanism),
            iterations,
          })),
        );
      } else {
        const what = `Cannot describe the SCRAM credentials of ${user}`;
        results.error(user, brokerError(errorCode, what, errorMessage));
      }
    }
    return results.finish();
  });
}

/** Results by user. Salts and hashes here, so that only what the broker stores goes over the wire. */
export async function alterUserScramCredentials(
  context: AdminContext,
  alterations: readonly ScramCredentialAlteration[],
): Promise<AdminResults<void>> {
  const deletions: { name: string; mechanism: number }[] = [];
  const upsertions: {
    name: string;
    mechanism: number;
    iterations: number;
    salt: Buffer;
    saltedPassword: Buffer;
  }[] = [];
  for (const alteration of alterations) {
    const { user, mechanism } = alteration;
    if (alteration.operation === 'delete') {
      deletions.push({ name: user, mechanism: mechanisms[mechanism] });
      continue;
    }
    const { password, iterations = defaultIterations } = alteration;
    if (!Number.isInteger(iterations) || iterations < defaultIterations || iterations > mostIterations) {
      throw new InvalidArgumentError(
        `iterations of ${user} must be an integer from ${defaultIterations} to ${mostIterations}, not ${iterations}`,
      );
    }
    const salt = context.client.ports.random.nextBytes(saltBytes);
    const saltedPassword = await context.cryptography.pbkdf2(
      hashes[mechanism],
      Buffer.from(password),
      salt,
      iterations,
    );
    upsertions.push({ name: user, mechanism: mechanisms[mechanism], iterations, salt, saltedPassword });
  }
  return context.call('Altering SCRAM credentials', async (timeoutMs) => {
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.alterUserScramCredentials,
      { deletions, upsertions },
      { timeoutMs },
    );
    const results = new ResultCollector<void>();
    for (const { user, errorCode, errorMessage } of response.results) {
      if (errorCode === ErrorCode.NONE) results.value(user, undefined);
      else
        results.error(
          user,
          brokerError(errorCode, `Cannot alter the SCRAM credentials of ${user}`, errorMessage),
        );
    }
    return results.finish();
  });
}
