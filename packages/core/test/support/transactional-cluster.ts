// Tests of transactions run on every cluster that has them: Apache Kafka always, our broker once it ends transactions.
import { existsSync } from 'node:fs';
import path from 'node:path';

const isExternal = (process.env['OTTLA_TEST_BOOTSTRAP_SERVERS'] ?? '') !== '';
const endsTransactions = existsSync(path.join(__dirname, '../../src/broker/apis/26-end-txn.ts'));

export const describeTransactional: jest.Describe = isExternal || endsTransactions ? describe : describe.skip;
