// Decides that the small files read and write as Kafka's: L19.
import {
  CheckpointFormatError,
  decodeEpochCheckpoint,
  decodeMetaProperties,
  decodeOffsetCheckpoint,
  decodePartitionMetadata,
  encodeEpochCheckpoint,
  encodeMetaProperties,
  encodeOffsetCheckpoint,
  encodePartitionMetadata,
} from '../../../src/machines/log/checkpoint-formats.js';

describe('checkpoint files', () => {
  it('L19 offset checkpoints', () => {
    const entries = [
      { topic: 'flights', partition: 0, offset: 12 },
      { topic: '__consumer_offsets', partition: 49, offset: 0 },
    ];
    const text = '0\n2\nflights 0 12\n__consumer_offsets 49 0\n';
    expect(encodeOffsetCheckpoint(entries)).toBe(text);
    expect(decodeOffsetCheckpoint(text)).toEqual(entries);
  });

  it('L19 leader epoch checkpoints', () => {
    const entries = [
      { epoch: 0, startOffset: 0 },
      { epoch: 4, startOffset: 17 },
    ];
    expect(encodeEpochCheckpoint(entries)).toBe('0\n2\n0 0\n4 17\n');
    expect(decodeEpochCheckpoint('0\n2\n0 0\n4 17\n')).toEqual(entries);
  });

  it('L19 partition.metadata and meta.properties, also as Apache Kafka writes them', () => {
    expect(decodePartitionMetadata(encodePartitionMetadata('0aTMwP7jSs2xA1JieCZpdw'))).toBe(
      '0aTMwP7jSs2xA1JieCZpdw',
    );
    expect(decodePartitionMetadata('version: 0\ntopic_id: 0aTMwP7jSs2xA1JieCZpdw')).toBe(
      '0aTMwP7jSs2xA1JieCZpdw',
    );
    const properties = {
      clusterId: 'Some22CharacterCluster',
      nodeId: 1,
      directoryId: 'jEUp41ANOcGKi-kYjOdPsQ',
    };
    expect(decodeMetaProperties(encodeMetaProperties(properties))).toEqual(properties);
    const apache =
      '#\n#Sat Nov 21 01:00:00 UTC 2026\ncluster.id=Some22CharacterCluster\ndirectory.id=jEUp41ANOcGKi-kYjOdPsQ\nnode.id=1\nversion=1\n';
    expect(decodeMetaProperties(apache)).toEqual(properties);
  });

  it.each([
    ['an unknown version', () => decodeOffsetCheckpoint('1\n0\n')],
    ['a count that is wrong', () => decodeOffsetCheckpoint('0\n2\nt 0 1\n')],
    ['a cut line', () => decodeOffsetCheckpoint('0\n1\nt 0\n')],
    ['an offset that is no number', () => decodeOffsetCheckpoint('0\n1\nt 0 x\n')],
    ['an empty file', () => decodeEpochCheckpoint('')],
    ['no topic id', () => decodePartitionMetadata('version: 0\n')],
    ['no cluster id', () => decodeMetaProperties('version=1\nnode.id=1\n')],
  ])('L19 %s is refused by a typed error', (_, decode) => {
    expect(decode).toThrow(CheckpointFormatError);
  });
});
