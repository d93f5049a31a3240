// Decides whether one more connection is let in: how many there may be in all, and from one address (max.connections, .per.ip).
export interface ConnectionLimitsOptions {
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  /** `address:number`; names are not looked up. */
  readonly maxConnectionsPerIpOverrides: readonly string[];
}

const mappedIpv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 client on a listener for both is known by its IPv4 address. */
function plainAddress(host: string): string {
  return mappedIpv4.exec(host)?.[1] ?? host;
}

function parseOverrides(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    texts.map((text) => {
      const colon = text.lastIndexOf(':');
      return [plainAddress(text.slice(0, colon)), Number(text.slice(colon + 1))];
    }),
  );
}

export class ConnectionLimits {
  readonly #maxConnections: number;
  readonly #maxPerAddress: number;
  readonly #overrides: ReadonlyMap<string, number>;
  readonly #counts = new Map<string, number>();
  #count = 0;

  constructor(options: ConnectionLimitsOptions) {
    this.#maxConnections = options.maxConnections;
    this.#maxPerAddress = options.maxConnectionsPerIp;
    this.#overrides = parseOverrides(options.maxConnectionsPerIpOverrides);
  }

  get count(): number {
    return this.#count;
  }

  /** Counts the connection in; or, when there is no room, says why. */
  enter(host: string): string | null {
    const address = plainAddress(host);
    const count = this.#counts.get(address) ?? 0;
    const most = this.#overrides.get(address) ?? this.#maxPerAddress;
    if (count >= most)
      return `${address} has ${count} connections, and max.connections.per.ip allows ${most}`;
    if (this.#count >= this.#maxConnections) return `max.connections allows ${this.#maxConnections}`;
    this.#counts.set(address, count + 1);
    this.#count++;
    return null;
  }

  /** A connection that was let in is gone. */
  leave(host: string): void {
    const address = plainAddress(host);
    const count = (this.#counts.get(address) ?? 0) - 1;
    if (count > 0) this.#counts.set(address, count);
    else this.#counts.delete(address);
    this.#count--;
  }
}
