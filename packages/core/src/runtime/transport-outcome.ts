// What a sender learns of a request that it gave to its transport.
/** What came of sending a request: the answer, nothing (acks 0), or a failure as the transport's own error. */
export type TransportOutcome<Response> =
  | { readonly kind: 'answered'; readonly response: Response }
  | { readonly kind: 'unanswered' }
  | {
      readonly kind: 'failed';
      readonly error: Error;
      readonly isRetriable: boolean;
      /** False when nothing can have reached the broker. */
      readonly wasWritten: boolean;
    };
