// Decides how the engine tells whoever listens what happens, at no cost while nobody does.

/** Where events of one kind go; a `Channel` of `node:diagnostics_channel`. */
export interface EventChannel<Event extends object> {
  /** Whether anybody listens; no event is built before this was asked. */
  readonly hasSubscribers: boolean;
  /** Calls everybody who listens, now. */
  publish(event: Event): void;
}

/** Operations of one kind, with their beginning and end; a `TracingChannel` of `node:diagnostics_channel`. */
export interface OperationChannel<Operation extends object> {
  /** Whether anybody listens to any of the events. */
  readonly hasSubscribers: boolean;
  readonly start: EventChannel<Operation>;
  readonly end: EventChannel<Operation>;
  readonly asyncStart: EventChannel<Operation>;
  readonly asyncEnd: EventChannel<Operation>;
  readonly error: EventChannel<Operation>;
  /** Runs the operation within what listeners bind to `start`, and tells its end. */
  tracePromise<Result>(operation: () => Promise<Result>, context: Operation): Promise<Result>;
}

/** Gives channels by their names; the same for the same name. */
export interface EventChannels {
  /** A channel for single events. */
  channel<Event extends object>(name: string): EventChannel<Event>;
  /** A channel for operations. */
  operations<Operation extends object>(name: string): OperationChannel<Operation>;
}
