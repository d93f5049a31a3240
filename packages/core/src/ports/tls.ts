// Decides what a TLS connection is made with, in Node's words.

/** The versions of TLS that are spoken. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Text in PEM, or its bytes. */
export type Pem = string | Buffer;

/** What the side that connects wants of TLS. */
export interface TlsSettings {
  /** Certificate authorities that are trusted instead of those that come with Node, in PEM (`ssl.truststore.certificates`). */
  readonly ca?: Pem | readonly Pem[];
  /** The client's own certificate, with the chain to its authority, in PEM (`ssl.keystore.certificate.chain`). */
  readonly cert?: Pem | readonly Pem[];
  /** The private key of `cert`, in PEM (`ssl.keystore.key`). */
  readonly key?: Pem;
  /** Opens an encrypted `key` or `pfx` (`ssl.key.password`). */
  readonly passphrase?: string;
  /** Certificate and private key in PKCS#12 (`ssl.keystore.type=PKCS12`), in place of `cert` and `key`. */
  readonly pfx?: Buffer;
  /** The name that the broker's certificate has to bear and that is sent as SNI. Default: the host that is connected to. */
  readonly servername?: string;
  /** False takes any certificate, so that anyone on the way can read and change everything; for tests only. Default: true. */
  readonly rejectUnauthorized?: boolean;
  /** `none` takes a certificate of a trusted authority whatever host it names (`ssl.endpoint.identification.algorithm`). Default: `https`. */
  readonly endpointIdentificationAlgorithm?: 'https' | 'none';
  /** Lowest version (`ssl.enabled.protocols`). Default: TLSv1.2. */
  readonly minVersion?: TlsVersion;
  /** Highest version. Default: TLSv1.3. */
  readonly maxVersion?: TlsVersion;
  /** Cipher suites by OpenSSL's names, with colons between them (`ssl.cipher.suites`). Default: Node's. */
  readonly ciphers?: string;
}
