// Decides what a command is given to work with: the cluster, what it writes to, and where failures are told.
import type { Admin } from '../client/admin.js';
import type { AdminResults } from '../client/admin/admin-results.js';
import type { Kafka } from '../client/kafka.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { CliEnvironment } from './environment.js';
import { FailuresTold, oneLine } from './failures.js';
import { Output } from './output.js';
import { connectionArguments, type SecurityArguments } from './security-arguments.js';

export const bootstrapServersVariable = 'KAFKA_BOOTSTRAP_SERVERS';
export const defaultBootstrapServers = '127.0.0.1:9092';

/** Options of every command that talks to a cluster. */
export interface ClusterOptions extends SecurityArguments {
  readonly bootstrapServers?: string;
  readonly timeout: number;
  readonly verbose: boolean;
}

/** Tells of failures one by one and remembers that there were any. */
export class FailureLog {
  count = 0;

  constructor(private readonly environment: CliEnvironment) {}

  tell(text: string): void {
    this.count++;
    this.environment.stderr.write(`ottla: ${oneLine(text)}\n`);
  }

  /** Something worth knowing that changes nothing about the exit code. */
  note(text: string): void {
    this.environment.stderr.write(`ottla: ${oneLine(text)}\n`);
  }

  /** Tells every error among the results and returns what succeeded. */
  succeeded<T>(results: AdminResults<T>): ReadonlyMap<string, T> {
    for (const error of results.errors.values()) this.tell(error.message);
    return results.values;
  }

  throwIfAny(): void {
    if (this.count > 0) throw new FailuresTold(`${this.count} failures were told`);
  }
}

export interface Session {
  readonly environment: CliEnvironment;
  readonly output: Output;
  readonly failures: FailureLog;
}

export interface ClusterSession extends Session {
  readonly kafka: Kafka;
  readonly admin: Admin;
  /** How long one request of the user may take, with all retries. */
  readonly timeoutMs: number;
}

/** Warnings of the clients are told while something runs on; details only when they were asked for. */
function diagnosticsOf(environment: CliEnvironment, isVerbose: boolean): Diagnostics {
  return {
    log(level, message, fields = {}) {
      if (!isVerbose && level !== 'warn' && level !== 'error') return;
      const details = isVerbose ? ` ${JSON.stringify(fields)}` : '';
      environment.stderr.write(`ottla: ${level}: ${oneLine(message)}${details}\n`);
    },
  };
}

/** Runs a command without a cluster; rejects with FailuresTold when it told of any. */
export async function withSession(
  environment: CliEnvironment,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const output = new Output(environment.stdout);
  const failures = new FailureLog(environment);
  try {
    await work({ environment, output, failures });
  } finally {
    await output.end();
  }
  failures.throwIfAny();
}

/** Runs a command with connections to a cluster, which are closed whatever happens. */
export function withCluster(
  environment: CliEnvironment,
  options: ClusterOptions,
  work: (session: ClusterSession) => Promise<void>,
): Promise<void> {
  return withSession(environment, async (session) => {
    const { client, unused, ...config } = connectionArguments(options, environment.variables);
    const bootstrapServers =
      options.bootstrapServers ??
      environment.variables[bootstrapServersVariable] ??
      config.bootstrapServers ??
      defaultBootstrapServers;
    if (unused.length > 0)
      session.failures.note(`${options.commandConfig}: not used by this command: ${unused.join(', ')}`);
    const kafka = await environment.createKafka({
      bootstrapServers,
      clientId: 'ottla-cli',
      requestTimeoutMs: Math.max(1, options.timeout),
      socketConnectionSetupTimeoutMs: Math.max(1, Math.min(10_000, options.timeout)),
      ...client,
      diagnostics: diagnosticsOf(environment, options.verbose),
    });
    try {
      const admin = kafka.admin({ defaultApiTimeoutMs: options.timeout });
      await work({ ...session, kafka, admin, timeoutMs: options.timeout });
    } finally {
      await kafka.close();
    }
  });
}
