// Decides how a user proves a password without sending it, and how the broker proves that it knows it (SCRAM, RFC 5802 and 7677).
import type { Cryptography, HashAlgorithm } from '../../ports/cryptography.js';
import type { Random } from '../../ports/random.js';
import { passwordOf, type PasswordCredentials } from './password-credentials.js';
import { SaslRejection, type SaslExchange, type SaslMechanism } from './sasl-mechanism.js';

/** The two that Kafka has. */
export type ScramMechanismName = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** What SCRAM proves who one is with. */
export interface ScramCredentials extends PasswordCredentials {
  /** The user is a delegation token's id and the password its HMAC (KIP-48). */
  readonly isDelegationToken?: boolean;
}

export interface ScramPorts {
  readonly cryptography: Cryptography;
  readonly random: Random;
}

const algorithms: Readonly<Record<ScramMechanismName, HashAlgorithm>> = {
  'SCRAM-SHA-256': 'sha256',
  'SCRAM-SHA-512': 'sha512',
};

/** As Kafka's clients: with fewer, a password that was listened to could be guessed. */
const minIterations = 4096;
/** More would be an attack on our processor; Kafka's own tools give 16384 at most. */
const maxIterations = 1_000_000;
const nonceBytes = 24;
/** "n,,": no channel binding, no other identity to act for. */
const header = 'n,,';

/** RFC 5802 has no other characters to escape; like Kafka, names are not prepared by SASLprep. */
function saslName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

interface ServerFirst {
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

function attributesOf(message: string): Map<string, string> {
  return new Map(message.split(',').map((attribute) => [attribute.slice(0, 1), attribute.slice(2)] as const));
}

function parseServerFirst(message: string, clientNonce: string): ServerFirst {
  const attributes = attributesOf(message);
  const error = attributes.get('e');
  if (error !== undefined) throw new SaslRejection(`the broker answered ${error}`);
  if (attributes.has('m')) throw new SaslRejection('the broker asks for an extension that is not known');
  const nonce = attributes.get('r') ?? '';
  const salt = Buffer.from(attributes.get('s') ?? '', 'base64');
  const iterations = Number(attributes.get('i') ?? 'NaN');
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length)
    throw new SaslRejection("the broker's nonce does not continue ours, so it answers somebody else");
  if (salt.length === 0 || !Number.isInteger(iterations))
    throw new SaslRejection('the broker sent no salt or no iteration count');
  if (iterations < minIterations || iterations > maxIterations) {
    throw new SaslRejection(
      `the broker asks for ${iterations} iterations, and ${minIterations} to ${maxIterations} are allowed`,
    );
  }
  return { nonce, salt, iterations };
}

class ScramExchange implements SaslExchange {
  readonly #nonce: string;
  #serverSignature: Buffer | null = null;
  #isDone = false;

  constructor(
    private readonly algorithm: HashAlgorithm,
    private readonly credentials: ScramCredentials,
    private readonly ports: ScramPorts,
  ) {
    this.#nonce = ports.random.nextBytes(nonceBytes).toString('base64url');
  }

  first(): Buffer {
    return Buffer.from(`${header}${this.#firstBare}`, 'utf8');
  }

  get #firstBare(): string {
    const extension = this.credentials.isDelegationToken === true ? ',tokenauth=true' : '';
    return `n=${saslName(this.credentials.username)},r=${this.#nonce}${extension}`;
  }

  async next(challenge: Buffer): Promise<Buffer | null> {
    if (this.#isDone) throw new SaslRejection('the broker goes on after the end');
    const text = challenge.toString('utf8');
    if (this.#serverSignature === null) return this.#prove(text);
    this.#verify(text, this.#serverSignature);
    this.#isDone = true;
    return null;
  }

  async #prove(serverFirst: string): Promise<Buffer> {
    const { cryptography } = this.ports;
    const { algorithm } = this;
    const { nonce, salt, iterations } = parseServerFirst(serverFirst, this.#nonce);
    const password = Buffer.from(await passwordOf(this.credentials), 'utf8');
    const salted = await cryptography.pbkdf2(algorithm, password, salt, iterations);
    const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${nonce}`;
    const authMessage = Buffer.from(`${this.#firstBare},${serverFirst},${withoutProof}`, 'utf8');
    const clientKey = cryptography.hmac(algorithm, salted, Buffer.from('Client Key'));
    const storedKey = cryptography.digest(algorithm, clientKey);
    const proof = cryptography.hmac(algorithm, storedKey, authMessage);
    for (let index = 0; index < proof.length; index++)
      proof[index] = (proof[index] ?? 0) ^ (clientKey[index] ?? 0);
    const serverKey = cryptography.hmac(algorithm, salted, Buffer.from('Server Key'));
    this.#serverSignature = cryptography.hmac(algorithm, serverKey, authMessage);
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`, 'utf8');
  }

  #verify(serverFinal: string, expected: Buffer): void {
    const attributes = attributesOf(serverFinal);
    const error = attributes.get('e');
    if (error !== undefined) throw new SaslRejection(`the broker answered ${error}`);
    const signature = Buffer.from(attributes.get('v') ?? '', 'base64');
    if (!this.ports.cryptography.isEqual(signature, expected))
      throw new SaslRejection('the broker could not prove that it knows the password');
  }
}

export class SaslScram implements SaslMechanism {
  constructor(
    readonly name: ScramMechanismName,
    private readonly credentials: ScramCredentials,
    private readonly ports: ScramPorts,
  ) {}

  begin(): SaslExchange {
    return new ScramExchange(algorithms[this.name], this.credentials, this.ports);
  }
}
