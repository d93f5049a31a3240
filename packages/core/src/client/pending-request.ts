// Decides what is remembered of a request from the call until its answer.
import type { Api } from '../protocol/api-keys.js';
import type { KafkaError } from './errors.js';
import type { RequestEvent } from './telemetry/event-types.js';

/** The body, or a function of the version that was agreed on, where the versions differ in more than fields. */
export type RequestBody<Request> = Request | ((version: number) => Request);

/** A request that is queued or on its way. */
export class PendingRequest {
  correlationId = -1;
  version = -1;
  /** True once bytes may have reached the broker: then a failure leaves open whether it acted. */
  written = false;
  settled = false;
  /** When it was written, on the monotonic clock. */
  sentMs = 0;
  /** What listeners were told of it; null when nobody listened. */
  event: RequestEvent | null = null;

  constructor(
    readonly api: Api,
    readonly body: unknown,
    readonly versionCap: number,
    /** On the monotonic clock. */
    readonly deadlineMs: number,
    readonly timeoutMs: number,
    /** False for Produce with acks 0: the broker sends nothing back. */
    readonly expectsResponse: boolean,
    private readonly onResponse: (response: unknown) => void,
    private readonly onError: (error: KafkaError) => void,
  ) {}

  resolve(response: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.onResponse(response);
  }

  reject(error: KafkaError): void {
    if (this.settled) return;
    this.settled = true;
    this.onError(error);
  }
}

/** A request under way: its answer, and whether anything of it may have reached the broker. */
export interface RequestAttempt<Response> {
  readonly request: { readonly written: boolean };
  readonly response: Promise<Response>;
}
