// Apache's own message definitions, serializers and record batches against our codecs.
import { crossCheck } from '../protocol/cross-check.mjs';
import { checkVectors } from '../protocol/make-vectors.mjs';
import { checkOurRecords } from '../records/check-ours.mjs';
import { checkRecordVectors } from '../records/make-vectors.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findJavaCompiler, findMaven } from '../support/tools.mjs';

export function protocolCases() {
  return [
    { name: 'message definitions match the newest kafka-clients', run: definitions },
    { name: "message vectors are what Apache's serializers make", run: messageVectors },
    { name: "record vectors are what Apache's builder makes", run: recordVectors },
    { name: "our record batches are read by Apache's reader", run: ourRecords },
  ];
}

async function definitions() {
  await needMaven();
  const { checked, jars, problems } = await crossCheck();
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return `${checked.length} messages, ${jars.join(', ')}`;
}

async function messageVectors() {
  await needMaven();
  await needCompiler();
  return `${await checkVectors()} vectors`;
}

async function recordVectors() {
  await needMaven();
  await needCompiler();
  return `${await checkRecordVectors()} vectors`;
}

async function ourRecords() {
  await needMaven();
  await needCompiler();
  return `${await checkOurRecords()} batches`;
}

async function needMaven() {
  if ((await findMaven()) === null)
    throw new ToolMissing('Maven is neither installed nor to be had from the package manager');
}

async function needCompiler() {
  if ((await findJavaCompiler()) === null)
    throw new ToolMissing('A Java compiler is neither installed nor to be had from the package manager');
}
