// Decides where the password of a user comes from.

/** A name and a password. */
export interface PasswordCredentials {
  /** The name. */
  readonly username: string;
  /** The password, or what gives it each time it is needed, so that it may change while the client runs. */
  readonly password: string | (() => string | Promise<string>);
}

export async function passwordOf({ password }: PasswordCredentials): Promise<string> {
  const given: unknown = typeof password === 'function' ? await password() : password;
  if (typeof given !== 'string') throw new TypeError('sasl.password gave no text');
  return given;
}
