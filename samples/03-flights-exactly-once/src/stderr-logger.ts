// Decides where log lines go: to stderr, so that stdout holds the result and nothing else.
import { ConsoleLogger } from '@nestjs/common';

/** Nest's own lines about its start; what goes wrong there is printed by main. */
const quietContexts = new Set(['InstanceLoader', 'NestFactory', 'ExceptionHandler']);

export class StderrLogger extends ConsoleLogger {
  constructor() {
    super({ logLevels: ['log', 'warn', 'error', 'fatal'], colors: process.stderr.isTTY });
  }

  protected override printMessages(
    messages: unknown[],
    context?: string,
    logLevel?: Parameters<ConsoleLogger['isLevelEnabled']>[0],
  ): void {
    if (context === undefined || !quietContexts.has(context)) {
      super.printMessages(messages, context, logLevel, 'stderr');
    }
  }
}
