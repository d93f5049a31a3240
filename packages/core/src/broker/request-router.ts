// Decides which handler gets a request frame, and which frames end the connection (G4, quirks 2 and 19).
import { apis } from '../protocol/api-keys.js';
import { InvalidFieldError, MalformedMessageError } from '../protocol/codec/errors.js';
import { decodeRequest, decodeRequestHeader, encodeResponse } from '../protocol/framing.js';
import type { ApiTable } from './api-table.js';
import { unsupportedApiVersionsResponse } from './apis/18-api-versions.js';
import {
  CloseConnection,
  noReply,
  RequestContext,
  type Answer,
  type Peer,
  type ServedApi,
} from './request.js';

/** The reply's buffers; null when none is due; or why the connection is to be closed. */
export type Routed = readonly Buffer[] | null | CloseConnection;

/** A frame that was given to its handler. */
export interface RoutedRequest {
  readonly context: RequestContext | null;
  readonly outcome: Routed | Promise<Routed>;
  /** Nothing refers to the frame any more. */
  readonly isFrameFree: boolean;
}

function close(reason: string, context: RequestContext | null = null): RoutedRequest {
  return { context, outcome: new CloseConnection(reason), isFrameFree: false };
}

function failureReason(what: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // A reply with a field that its version lacks is a fault of a handler, and must be seen as one.
  const expected = error instanceof MalformedMessageError || error instanceof InvalidFieldError;
  return expected ? text : `${what} failed: ${error instanceof Error ? (error.stack ?? text) : text}`;
}

export class RequestRouter {
  constructor(private readonly table: ApiTable) {}

  /** Never throws: what goes wrong is a reason to close the connection. */
  route(frame: Buffer, peer: Peer): RoutedRequest {
    let header: ReturnType<typeof decodeRequestHeader>;
    try {
      header = decodeRequestHeader(frame);
    } catch (error) {
      return close(failureReason('Reading a request header', error));
    }
    const { apiKey, apiVersion, correlationId, clientId } = header;
    const context = new RequestContext(apiVersion, correlationId, clientId, peer);
    const served = this.table.find(apiKey);
    if (served === undefined) return close(`API key ${apiKey} is not served`, context);
    const [first, last] = this.table.servedVersions(served.api);
    if (apiVersion < first || apiVersion > last) {
      if (apiKey === apis.apiVersions.key) {
        const body = unsupportedApiVersionsResponse(this.table);
        const outcome = encodeResponse(apis.apiVersions, 0, correlationId, body);
        return { context, outcome, isFrameFree: false };
      }
      return close(
        `${served.api.name} version ${apiVersion} is not served (${first} to ${last} are)`,
        context,
      );
    }
    let answer: Answer<object> | Promise<Answer<object>>;
    try {
      const request = decodeRequest(served.api, apiVersion, frame, header.bodyOffset);
      answer = served.handle(request, context);
    } catch (error) {
      return close(failureReason(`${served.api.name} version ${apiVersion}`, error), context);
    }
    if (!(answer instanceof Promise)) {
      const outcome = this.#encode(served, context, answer);
      return { context, outcome, isFrameFree: served.requestBytes === 'dropped' };
    }
    const outcome = answer.then(
      (late) => this.#encode(served, context, late),
      (error: unknown) =>
        new CloseConnection(failureReason(`${served.api.name} version ${apiVersion}`, error)),
    );
    return { context, outcome, isFrameFree: false };
  }

  #encode(served: ServedApi, context: RequestContext, answer: Answer<object>): Routed {
    if (answer === noReply) return null;
    if (answer instanceof CloseConnection) return answer;
    try {
      return encodeResponse(served.api, context.apiVersion, context.correlationId, answer);
    } catch (error) {
      return new CloseConnection(failureReason(`Encoding the ${served.api.name} response`, error));
    }
  }
}
