// Decides which address of a broker is tried: each one that its name stands for, in turn (`client.dns.lookup=use_all_dns_ips`).
import type { Network } from '../ports/network.js';

export class BrokerAddresses {
  #found: readonly string[] = [];
  #next = 0;

  constructor(
    private readonly host: string,
    private readonly network: Network,
  ) {}

  /** Whether the name stands for an address that was not tried since it was looked up. */
  get hasMore(): boolean {
    return this.#next < this.#found.length;
  }

  /** The address to try now; a promise where the name has to be looked up first. */
  next(): string | Promise<string> {
    const known = this.#found[this.#next];
    if (known !== undefined) {
      this.#next++;
      return known;
    }
    if (this.network.lookup === undefined) return this.host;
    return this.network.lookup(this.host).then((found) => {
      this.#found = found;
      this.#next = 1;
      return found[0] ?? this.host;
    });
  }

  /** The next one is looked up anew: what a name stands for changes while a client runs. */
  forget(): void {
    this.#found = [];
    this.#next = 0;
  }
}
