// Decides how a user and password are told to a broker as they are (PLAIN, RFC 4616); only TLS hides them.
import type { SaslExchange, SaslMechanism } from './sasl-mechanism.js';
import { passwordOf, type PasswordCredentials } from './password-credentials.js';

export class SaslPlain implements SaslMechanism {
  readonly name = 'PLAIN';

  constructor(private readonly credentials: PasswordCredentials) {}

  begin(): SaslExchange {
    const { credentials } = this;
    return {
      first: async () => Buffer.from(`\0${credentials.username}\0${await passwordOf(credentials)}`, 'utf8'),
      next: () => null,
    };
  }
}
