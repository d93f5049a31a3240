// Decides what a member of the classic protocol offers.

/** An assignor, or other protocol, that a member offers, with the member's metadata for it. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}
