import * as fc from 'fast-check';

import { FrameDecoder, FrameSizeError } from '../../src/protocol/frame-decoder.js';
import { assertSeeded } from './support/seeded.js';

const file = 'packages/core/test/protocol/frame-decoder.test.ts';

function framed(...bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(body.length);
      return [size, body];
    }),
  );
}

function framesOf(decoder: FrameDecoder, chunk: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  decoder.push(chunk);
  for (let frame = decoder.next(); frame !== null; frame = decoder.next()) {
    frames.push(frame);
  }
  return frames;
}

test('frames come out whole, however the chunks were cut', () => {
  const holds = fc.property(
    fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 }),
    fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }),
    (bodies, cuts) => {
      const stream = framed(...bodies);
      const decoder = new FrameDecoder();
      const frames: Buffer[] = [];
      let offset = 0;
      for (const size of cuts) {
        frames.push(...framesOf(decoder, stream.subarray(offset, offset + size)));
        offset = Math.min(stream.length, offset + size);
      }
      frames.push(...framesOf(decoder, stream.subarray(offset)));
      expect(frames.map((frame) => frame.toString('hex'))).toStrictEqual(
        bodies.map((body) => Buffer.from(body).toString('hex')),
      );
      expect(decoder.pendingBytes).toBe(0);
    },
  );
  assertSeeded(holds, 500, file);
});

test('a frame inside one chunk is a view of it', () => {
  const chunk = framed(Buffer.from('one'), Buffer.from('two'));
  const frames = framesOf(new FrameDecoder(), chunk);
  expect(frames.map(String)).toStrictEqual(['one', 'two']);
  expect(frames.every((frame) => frame.buffer === chunk.buffer)).toBe(true);
});

test('a frame that spans chunks owns its memory', () => {
  const stream = framed(Buffer.alloc(100, 1));
  const decoder = new FrameDecoder();
  const first = stream.subarray(0, 50);
  expect(framesOf(decoder, first)).toStrictEqual([]);
  expect(decoder.pendingBytes).toBe(50);
  first.fill(9);
  const [frame] = framesOf(decoder, stream.subarray(50));
  expect(frame).toStrictEqual(Buffer.alloc(100, 1));
});

test.each([1, 3, 64 * 1024, 700_000])('a long frame in chunks of %i bytes', (chunkBytes) => {
  const length = chunkBytes < 10 ? 20_000 : 9_500_000;
  const body = Buffer.alloc(length);
  for (let index = 0; index < length; index += 97) {
    body[index] = index;
  }
  const stream = framed(body, Buffer.from('next'));
  const decoder = new FrameDecoder();
  const frames: Buffer[] = [];
  for (let offset = 0; offset < stream.length; offset += chunkBytes) {
    frames.push(...framesOf(decoder, stream.subarray(offset, offset + chunkBytes)));
  }
  expect(frames.map((frame) => frame.length)).toStrictEqual([length, 4]);
  expect(frames[0]!.equals(body)).toBe(true);
});

test.each([
  ['-1', 'ffffffff'],
  ['-2147483648', '80000000'],
])('the size %s is refused', (size, hex) => {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.from(hex, 'hex'));
  expect(() => decoder.next()).toThrow(FrameSizeError);
  expect(() => decoder.next()).toThrow(new RegExp(`negative size ${size}`));
});

test('a size over the limit is refused before its bytes arrive, also byte by byte', () => {
  const decoder = new FrameDecoder(1000);
  expect(framesOf(decoder, framed(Buffer.alloc(1000)))).toHaveLength(1);
  expect(framesOf(decoder, Buffer.from('0000', 'hex'))).toHaveLength(0);
  decoder.push(Buffer.from('03e9', 'hex'));
  expect(() => decoder.next()).toThrow('a frame announces 1001 bytes and the limit is 1000');
});

test('an announced size takes no memory before bytes arrive', () => {
  const before = process.memoryUsage().arrayBuffers;
  const decoders = Array.from({ length: 20 }, () => {
    const decoder = new FrameDecoder(100 * 1024 * 1024);
    framesOf(decoder, Buffer.from('0600000001', 'hex'));
    return decoder;
  });
  expect(decoders.every((decoder) => decoder.pendingBytes === 5)).toBe(true);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * 1024 * 1024);
});

test('a chunk is refused while frames of the last one are still inside', () => {
  const decoder = new FrameDecoder();
  decoder.push(framed(Buffer.from('a'), Buffer.from('b')));
  decoder.next();
  expect(() => decoder.push(Buffer.from('c'))).toThrow(/frames of the last chunk/);
});

test('memory that a growing frame leaves behind is given back', () => {
  const lent = new Set<Buffer>();
  const memory = {
    take: (byteLength: number) => {
      const buffer = Buffer.alloc(byteLength);
      lent.add(buffer);
      return buffer;
    },
    giveBack: (buffer: Buffer) => void lent.delete(buffer),
  };
  const decoder = new FrameDecoder(10_000_000, memory);
  const body = Buffer.alloc(2_000_000, 7);
  const stream = framed(body);
  const frames: Buffer[] = [];
  for (let at = 0; at < stream.length; at += 10_000)
    frames.push(...framesOf(decoder, stream.subarray(at, at + 10_000)));
  expect(frames).toHaveLength(1);
  expect(frames[0]!.equals(body)).toBe(true);
  expect([...lent]).toEqual(frames);
});

test('a frame may be received where it will lie, whatever the pieces and whatever comes between', () => {
  const bodies = [5, 300_000, 70_000, 2_000_000, 64 * 1024 + 5, 100].map((length, index) =>
    Buffer.alloc(length, index + 1),
  );
  const stream = framed(...bodies);
  for (const piece of [1_000, 65_536, 150_000, 1_100_000]) {
    const decoder = new FrameDecoder();
    const frames: Buffer[] = [];
    let inPlaceBytes = 0;
    for (let at = 0, turn = 0; at < stream.length; turn++) {
      const room = turn % 5 === 4 ? null : decoder.room();
      const target = room?.subarray(0, piece) ?? Buffer.alloc(piece);
      const count = stream.copy(target, 0, at, Math.min(at + target.length, stream.length));
      if (room !== null) inPlaceBytes += count;
      frames.push(...framesOf(decoder, target.subarray(0, count)));
      at += count;
    }
    expect(frames.map((frame, index) => frame.equals(bodies[index]!))).toStrictEqual(bodies.map(() => true));
    expect(inPlaceBytes).toBeGreaterThan(1_000_000);
  }
});

test('there is no room between frames, for small frames and at the end of large ones', () => {
  const decoder = new FrameDecoder();
  expect(decoder.room()).toBeNull();
  framesOf(decoder, framed(Buffer.alloc(1000)).subarray(0, 500));
  expect(decoder.room()).toBeNull();
  const large = new FrameDecoder();
  const stream = framed(Buffer.alloc(200_000));
  framesOf(large, stream.subarray(0, 100));
  expect(large.room()?.length).toBe(64 * 1024 - 96);
  framesOf(large, stream.subarray(100, 150_000));
  expect(large.room()).toBeNull();
});
