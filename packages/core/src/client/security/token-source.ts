// Decides when another bearer token is asked for, once for all connections that share a provider.
import type { Clock } from '../../ports/clock.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import type { Random } from '../../ports/random.js';
import { failureReason } from '../connection-failure.js';
import { checkedToken, type CheckedToken, type OAuthBearerTokenProvider } from './oauth-bearer-token.js';

export interface TokenPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
}

/** Share of its life after which a token is replaced (`sasl.login.refresh.window.factor` and its jitter). */
const windowFactor = 0.8;
const windowJitter = 0.05;
const jitterSteps = 1 << 16;

export class TokenSource {
  #token: CheckedToken | null = null;
  #refreshAtMs = 0;
  #asked: Promise<CheckedToken> | null = null;

  constructor(
    private readonly provider: OAuthBearerTokenProvider,
    private readonly ports: TokenPorts,
  ) {}

  /** The token to use now: the one at hand while it is young enough, else another. */
  async token(): Promise<CheckedToken> {
    const held = this.#token;
    if (held !== null && this.ports.clock.nowMs() < this.#refreshAtMs) return held;
    try {
      this.#asked ??= this.#ask().finally(() => {
        this.#asked = null;
      });
      return await this.#asked;
    } catch (error) {
      // The old one will do as long as it lives; the next authentication asks again.
      if (held === null || this.ports.clock.nowMs() >= held.expiresAtMs) throw error;
      this.ports.diagnostics.log(
        'warn',
        `No new OAUTHBEARER token could be had (${failureReason(error)}); the last one is used until it ends`,
        { expiresAtMs: held.expiresAtMs },
      );
      return held;
    }
  }

  /** A broker refused this token: it is not used again, whatever it says of its life. */
  discard(token: CheckedToken): void {
    if (this.#token === token) this.#token = null;
  }

  async #ask(): Promise<CheckedToken> {
    const token = checkedToken(await this.provider());
    const nowMs = this.ports.clock.nowMs();
    if (token.expiresAtMs <= nowMs) throw new Error('the token provider gave a token that has ended');
    const jitter = (windowJitter * this.ports.random.nextInteger(jitterSteps)) / jitterSteps;
    this.#token = token;
    this.#refreshAtMs = nowMs + (token.expiresAtMs - nowMs) * (windowFactor + jitter);
    return token;
  }
}
