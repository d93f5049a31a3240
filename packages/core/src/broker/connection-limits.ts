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

function overrideFor(address: string, overrides: readonly string[]): number | undefined {
  for (const text of overrides) {
    const colon = text.lastIndexOf(':');
    if (plainAddress(text.slice(0, colon)) === address) return Number(text.slice(colon + 1));
  }
  return undefined;
}

export class ConnectionLimits {
  readonly #counts = new Map<string, number>();
  #count = 0;

  /** `options` is asked for every connection, because these configs may change while the broker runs. */
  constructor(private readonly options: () => ConnectionLimitsOptions) {}

  get count(): number {
    return this.#count;
  }

  /** Counts the connection in; or, when there is no room, says why. */
  enter(host: string): string | null {
    const address = plainAddress(host);
    const count = this.#counts.get(address) ?? 0;
    const { maxConnections, maxConnectionsPerIp, maxConnectionsPerIpOverrides } = this.options();
    const most = overrideFor(address, maxConnectionsPerIpOverrides) ?? maxConnectionsPerIp;
    if (count >= most)
      return `${address} has ${count} connections, and max.connections.per.ip allows ${most}`;
    if (this.#count >= maxConnections) return `max.connections allows ${maxConnections}`;
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
