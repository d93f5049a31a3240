// Decides what codecs throw: bytes that are no message, and values that no message of that version can hold.

/** Received bytes are not a message of that name and version. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
  readonly messageName: string;
  readonly version: number;
  /** The field that could not be read, for example `topics[2].partitions[0].index`; empty for the message itself. */
  readonly path: string;

  constructor(messageName: string, version: number, path: string, reason: string) {
    super(`${label(messageName, version, path)} cannot be read: ${reason}`);
    this.messageName = messageName;
    this.version = version;
    this.path = path;
  }
}

/** A field has a value that matters and the version to be written has no such field. */
export class UnsupportedFieldError extends Error {
  override readonly name = 'UnsupportedFieldError';
  readonly messageName: string;
  readonly version: number;
  readonly path: string;

  constructor(messageName: string, version: number, path: string) {
    super(
      `${label(messageName, version, path)} does not exist in this version; leave it at its default or use a version that has it`,
    );
    this.messageName = messageName;
    this.version = version;
    this.path = path;
  }
}

/** A field has a value that is not of its type, out of its range, or null where null has no encoding. */
export class InvalidFieldError extends Error {
  override readonly name = 'InvalidFieldError';
  readonly messageName: string;
  readonly version: number;
  readonly path: string;

  constructor(messageName: string, version: number, path: string, reason: string) {
    super(`${label(messageName, version, path)} cannot be written: ${reason}`);
    this.messageName = messageName;
    this.version = version;
    this.path = path;
  }
}

/** The message has no such version. */
export class UnknownMessageVersionError extends Error {
  override readonly name = 'UnknownMessageVersionError';

  constructor(messageName: string, version: number, first: number, last: number) {
    super(`${messageName} has versions ${first} to ${last}, not ${version}`);
  }
}

function label(messageName: string, version: number, path: string): string {
  return path === '' ? `${messageName} v${version}` : `${path} of ${messageName} v${version}`;
}
