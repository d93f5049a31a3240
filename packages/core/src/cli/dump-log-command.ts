// Decides what `ottla dump-log` does: show and verify the files of a log, without a broker.
import { Option, type Command } from 'commander';

import { offlineLogTools } from '../composition/offline-logs.js';
import { addExamples } from './command-examples.js';
import { addJsonOption } from './command-parts.js';
import type { CliEnvironment } from './environment.js';
import { CommandFailure } from './failures.js';
import { dumpFile, filesOf } from './log-dump/dump-file.js';
import { DumpSink } from './log-dump/dump-sink.js';
import { decoderNames, type DecoderName } from './log-dump/record-decoders.js';
import { withSession, type Session } from './session.js';

interface DumpOptions {
  readonly deep: boolean;
  readonly data: boolean;
  readonly decoder: DecoderName;
  readonly offsetsDecoder: boolean;
  readonly clusterMetadataDecoder: boolean;
  readonly transactionLogDecoder: boolean;
  readonly verify: boolean;
  readonly json: boolean;
}

function decoderOf(options: DumpOptions): DecoderName {
  if (options.offsetsDecoder) return 'offsets';
  if (options.clusterMetadataDecoder) return 'metadata';
  return options.transactionLogDecoder ? 'transactions' : options.decoder;
}

async function dump(session: Session, paths: readonly string[], options: DumpOptions): Promise<void> {
  const { compressors } = offlineLogTools();
  const { output, failures } = session;
  for (const path of paths) {
    const files = filesOf(path);
    if (files.length === 0) throw new CommandFailure(`${path} holds no files of a log`);
    for (const file of files) {
      if (output.isClosed) return;
      const sink = new DumpSink(file, output, failures, { json: options.json, verifyOnly: options.verify });
      sink.begin();
      await dumpFile(sink, file, {
        isDeep: options.deep || options.verify,
        withData: options.data,
        decoder: decoderOf(options),
        decompressors: compressors,
      });
      await sink.end();
    }
  }
}

export function addDumpLogCommand(program: Command, environment: CliEnvironment): void {
  const command = program
    .command('dump-log <path...>')
    .description(
      'show and verify segments, indexes, snapshots and checkpoints, or all of them in a directory; exit code 1 when anything is wrong',
    )
    .option('--deep-iteration, --deep', 'every record, not only batches', false)
    .option('-d, --data', 'keys and values too', false)
    .addOption(new Option('--print-data-log', 'the same as --data').implies({ data: true }))
    .addOption(
      new Option(
        '--decoder <name>',
        "decode records of Kafka's own topics; auto goes by the directory's name",
      )
        .choices(decoderNames)
        .default('auto'),
    )
    .option('--offsets-decoder', 'the same as --decoder offsets', false)
    .option('--transaction-log-decoder', 'the same as --decoder transactions', false)
    .option('--cluster-metadata-decoder', 'the same as --decoder metadata', false)
    .option('--verify', 'only say what is wrong, with one line for each file', false);
  addJsonOption(command);
  command.action((paths: string[], options: DumpOptions) =>
    withSession(environment, (session) => dump(session, paths, options)),
  );
  addExamples(command, [
    ['the batches of a segment', 'ottla dump-log data/flights-0/00000000000000000000.log'],
    ['keys and values too', 'ottla dump-log --data data/flights-0/00000000000000000000.log'],
    ['is everything in a directory as it should be', 'ottla dump-log --verify data/flights-0'],
    [
      'what groups committed',
      'ottla dump-log data/__consumer_offsets-12 --json | jq \'select(.key.kind == "offset-commit")\'',
    ],
  ]);
}
