// Decides what a SASL mechanism is to the clients: first bytes, then an answer to everything that the broker says.

/** The connection that is to be authenticated. */
export interface SaslContext {
  /** The broker's host. */
  readonly host: string;
  /** The broker's port. */
  readonly port: number;
}

/**
 * One authentication on one connection. What it throws ends the connection: a `SaslRejection` is told as an authentication that
 * cannot succeed, anything else as something that may go better another time.
 */
export interface SaslExchange {
  /** The bytes that begin it. */
  first(): Buffer | Promise<Buffer>;
  /** Answers the broker's bytes; null when nothing more has to be sent, which is where the broker has to agree. */
  next(challenge: Buffer): Buffer | null | Promise<Buffer | null>;
}

/** A SASL mechanism (RFC 4422). `sasl: { mechanism }` takes one of your own, for example for Kerberos. */
export interface SaslMechanism {
  /** The name that is sent to the broker. */
  readonly name: string;
  /** Begins to authenticate a connection, or to do so again before its session ends (KIP-368). */
  begin(context: SaslContext): SaslExchange;
}

/** What an exchange throws when the other side is not to be trusted or not to be satisfied: trying again would not help. */
export class SaslRejection extends Error {
  /** `SaslRejection`. */
  override readonly name = 'SaslRejection';
}
