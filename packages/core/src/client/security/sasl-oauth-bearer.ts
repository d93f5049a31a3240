// Decides how a bearer token is presented (OAUTHBEARER, RFC 7628), and what becomes of the broker's refusal.
import type { CheckedToken } from './oauth-bearer-token.js';
import type { SaslExchange, SaslMechanism } from './sasl-mechanism.js';
import type { TokenSource } from './token-source.js';

const separator = '\x01';

export class SaslOAuthBearer implements SaslMechanism {
  readonly name = 'OAUTHBEARER';

  constructor(private readonly tokens: TokenSource) {}

  begin(): SaslExchange {
    let token: CheckedToken | null = null;
    return {
      first: async () => {
        token = await this.tokens.token();
        const pairs = token.extensions.map(([name, text]) => `${name}=${text}${separator}`).join('');
        return Buffer.from(
          `n,,${separator}auth=Bearer ${token.value}${separator}${pairs}${separator}`,
          'utf8',
        );
      },
      // S3: a refused token is answered with an explanation in JSON, which has to be acknowledged before the broker says so.
      next: (challenge) => {
        if (challenge.length === 0) return null;
        if (token !== null) this.tokens.discard(token);
        return Buffer.from(separator);
      },
    };
  }
}
