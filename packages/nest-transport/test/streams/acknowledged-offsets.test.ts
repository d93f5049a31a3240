import fc from 'fast-check';
import { AcknowledgedOffsets } from '../../src/streams/acknowledged-offsets.js';

interface Delivery {
  offset: number;
  acked: boolean;
}

describe('AcknowledgedOffsets', () => {
  test('moves along what was delivered, gaps in the offsets are none', () => {
    const watermark = new AcknowledgedOffsets();
    const deliveries: Delivery[] = [3, 4, 9].map((offset) => ({ offset, acked: false }));
    deliveries.forEach((delivery) => watermark.deliver(delivery));
    deliveries[1]!.acked = true;
    expect(watermark.advance()).toBeNull();
    deliveries[0]!.acked = true;
    expect(watermark.advance()).toBe(5);
    expect(watermark.pending).toBe(true);
    deliveries[2]!.acked = true;
    expect(watermark.advance()).toBe(10);
    expect(watermark.pending).toBe(false);
    expect(watermark.advance()).toBeNull();
  });

  test('in any order of acks, never past the first record without one, and in the end behind the last', () => {
    const property = fc.property(
      fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 3_000 }).chain((offsets) =>
        fc.tuple(
          fc.constant([...offsets].sort((a, b) => a - b)),
          fc.shuffledSubarray(
            offsets.map((_, index) => index),
            { minLength: offsets.length },
          ),
        ),
      ),
      ([offsets, order]) => {
        const watermark = new AcknowledgedOffsets();
        const deliveries: Delivery[] = offsets.map((offset) => ({ offset, acked: false }));
        deliveries.forEach((delivery) => watermark.deliver(delivery));
        let committed = -1;
        let firstOpen = 0;
        for (const index of order) {
          deliveries[index]!.acked = true;
          committed = watermark.advance() ?? committed;
          while (deliveries[firstOpen]?.acked === true) {
            firstOpen++;
          }
          const expected = firstOpen === 0 ? -1 : deliveries[firstOpen - 1]!.offset + 1;
          if (committed !== expected) {
            throw new Error(`committed ${committed}, expected ${expected}`);
          }
        }
      },
    );
    const outcome = fc.check(property, { numRuns: 50 });
    expect(fc.defaultReportMessage(outcome) ?? 'passed').toBe('passed');
  });
});
