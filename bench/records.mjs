// Prints rates of the record batch builder, reader, scan and checksum, one core, without a broker.
// Run: node --import ./tools/swc-register.mjs bench/records.mjs [--seconds 0.4]
import { pathToFileURL } from 'node:url';

const source = new URL('../packages/core/src/', import.meta.url);
const load = (path) => import(new URL(path, source).href);

/** Calls `work` for about `seconds`, five times over, and gives the best rate of what it counts. */
function bestRate(seconds, work) {
  work();
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint();
    let counted = 0;
    let elapsed;
    do {
      counted += work();
      elapsed = Number(process.hrtime.bigint() - start) / 1e9;
    } while (elapsed < seconds / 5);
    best = Math.max(best, counted / elapsed);
  }
  return best;
}

export async function benchmarkRecords({ seconds = 0.5, print = console.log } = {}) {
  const { RecordBatchBuilder } = await load('protocol/records/record-batch-builder.ts');
  const { RecordBatch, batchHeaderBytes } = await load('protocol/records/record-batch.ts');
  const { RecordCursor } = await load('protocol/records/record-reader.ts');
  const { scanRecords } = await load('protocol/records/record-scan.ts');
  const { crc32c, crc32cByTables, crc32cByWebAssembly, useCrc32c } = await load('foundation/crc32c.ts');
  const { loadNativeCrc32c } = await load('io/node/native-crc32c.ts');
  const native = loadNativeCrc32c();
  useCrc32c(native);

  const results = {};
  const report = (name, rate, unit) => {
    results[name] = rate;
    print(
      `${name.padEnd(52)} ${unit === 'rec/s' ? `${(rate / 1e6).toFixed(2)} M` : rate.toFixed(0)} ${unit}`,
    );
  };
  const headers = [
    { key: 'trace-id', value: 'a1b2c3d4e5f6' },
    { key: 'source', value: 'bench' },
  ];
  const buildBatch = (key, value, recordHeaders, buffer) => {
    const builder = new RecordBatchBuilder({ batchSizeBytes: buffer.length, buffer });
    let time = 1_700_000_000_000;
    while (builder.tryAppend(time++, key, value, recordHeaders));
    return builder;
  };

  for (const valueBytes of [100, 1024]) {
    const text = '{"a":1,"b":"xyz"} '.repeat(60).slice(0, valueBytes);
    const inputs = {
      Buffers: [Buffer.from('key-012345'), Buffer.from(text)],
      strings: ['key-012345', text],
    };
    for (const batchSizeBytes of [16_384, 262_144]) {
      const buffer = Buffer.allocUnsafeSlow(batchSizeBytes);
      for (const [kind, [key, value]] of Object.entries(inputs)) {
        for (const withHeaders of [false, true]) {
          const rate = bestRate(seconds, () => {
            const builder = buildBatch(key, value, withHeaders ? headers : undefined, buffer);
            builder.close();
            return builder.recordCount;
          });
          report(
            `build ${valueBytes} B ${kind}${withHeaders ? ', 2 headers' : ''}, ${batchSizeBytes} B batch`,
            rate,
            'rec/s',
          );
        }
      }
    }
    for (const recordHeaders of [undefined, headers]) {
      const buffer = Buffer.allocUnsafeSlow(262_144);
      const bytes = buildBatch(...inputs.Buffers, recordHeaders, buffer).close();
      const batch = new RecordBatch(bytes);
      const suffix = `${valueBytes} B${recordHeaders ? ', 2 headers' : ''}`;
      const read = (touch) => () => {
        const cursor = new RecordCursor(batch, {});
        let seen = 0;
        while (cursor.next()) seen += touch(cursor);
        return seen;
      };
      report(
        `read ${suffix}, untouched`,
        bestRate(
          seconds,
          read(() => 1),
        ),
        'rec/s',
      );
      report(
        `read ${suffix}, value as Buffer`,
        bestRate(
          seconds,
          read((cursor) => (cursor.value ? 1 : 0)),
        ),
        'rec/s',
      );
      report(
        `read ${suffix}, value as text`,
        bestRate(
          seconds,
          read((cursor) => (cursor.valueText ? 1 : 0)),
        ),
        'rec/s',
      );
      report(
        `read ${suffix}, key, value, headers`,
        bestRate(
          seconds,
          read((cursor) => (cursor.key && cursor.value && cursor.headers ? 1 : 0)),
        ),
        'rec/s',
      );
      const scan = () => scanRecords(bytes, batchHeaderBytes, bytes.length, batch).recordCount;
      report(`scan ${suffix}`, bestRate(seconds, scan), 'rec/s');
    }
  }

  const webAssembly = crc32cByWebAssembly();
  for (const sizeBytes of [16, 64, 100, 256, 512, 1024, 16_384, 1_048_576]) {
    const data = Buffer.alloc(sizeBytes + 1, 'crc32c input ');
    const forms = {
      chosen: crc32c,
      tables: crc32cByTables,
      WebAssembly: webAssembly,
      native: native && ((buffer, start, end) => native(buffer.subarray(start, end))),
    };
    for (const [form, checksum] of Object.entries(forms)) {
      if (!checksum) continue;
      const calls = Math.max(1, Math.floor(100_000 / sizeBytes));
      const rate = bestRate(seconds, () => {
        for (let call = 0; call < calls; call++) checksum(data, 1, sizeBytes + 1);
        return calls * sizeBytes;
      });
      report(`crc32c ${sizeBytes} B, ${form}`, rate / 2 ** 20, 'MiB/s');
    }
  }
  return results;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const at = process.argv.indexOf('--seconds');
  await benchmarkRecords({ seconds: at < 0 ? 0.5 : Number(process.argv[at + 1]) });
}
