// Decides what a handler of an API is given and what it may answer.
import type { Api } from '../protocol/api-keys.js';
import type { Address } from '../ports/network.js';

/** The client's end of a connection. */
export interface Peer {
  readonly clientHost: string;
  /** The address of ours that the client reached. */
  readonly localAddress: Address;
}

/** One request on its way through the broker. */
export class RequestContext {
  /** Set by a handler that parks: called when the connection is gone and nobody waits for the reply any more. */
  abandon: (() => void) | null = null;

  constructor(
    readonly apiVersion: number,
    readonly correlationId: number,
    readonly clientId: string | null,
    readonly peer: Peer,
  ) {}
}

/** The handler's whole answer is that there is none (acks=0). */
export const noReply = Symbol('no reply');

/** The handler's answer is to close the connection; the reason goes to the log. */
export class CloseConnection {
  constructor(readonly reason: string) {}
}

export type Answer<Response> = Response | typeof noReply | CloseConnection;

/** Handles the requests of one API; a handler that must wait answers with a promise. */
export type ApiHandler<Request, Response> = (
  request: Request,
  context: RequestContext,
) => Answer<Response> | Promise<Answer<Response>>;

/** An API and who handles it. */
export interface ServedApi {
  readonly api: Api;
  readonly handle: ApiHandler<unknown, object>;
  /** What the handler does with the bytes of a request once it has answered without waiting. */
  readonly requestBytes: 'kept' | 'dropped';
}

/** Binds a handler to its API; the types meet here and are forgotten afterwards. */
export function served<Request, Response extends object>(
  api: Api<unknown, unknown, Request, Response>,
  handle: ApiHandler<Request, Response>,
  requestBytes: ServedApi['requestBytes'] = 'kept',
): ServedApi {
  return { api, handle: handle as ApiHandler<unknown, object>, requestBytes };
}
