// Rates, averages and maxima over the last one to two half minutes, and totals over all time.
import { KeyedSensors } from '../../../src/client/metrics/keyed-sensors.js';
import { Sensor } from '../../../src/client/metrics/sensor.js';

describe('a sensor', () => {
  it('has nothing to say before the first value', () => {
    const sensor = new Sensor(0);
    expect([sensor.count, sensor.sum, sensor.countRate(1000), sensor.sumRate(1000)]).toEqual([0, 0, 0, 0]);
    expect(sensor.average(1000)).toBeNaN();
    expect(sensor.maximum(1000)).toBeNaN();
  });

  it('rates are over one whole window at least, as in Kafka', () => {
    const sensor = new Sensor(0);
    sensor.record(310, 0);
    sensor.record(310, 1000);
    expect(sensor.sumRate(1000)).toBeCloseTo(620 / 31);
    expect(sensor.countRate(1000)).toBeCloseTo(2 / 31);
    expect(sensor.sumRate(30_000)).toBeCloseTo(620 / 30);
    expect(sensor.sumRate(45_000)).toBeCloseTo(620 / 45);
  });

  it('forgets what is older than two windows, and keeps the totals', () => {
    const sensor = new Sensor(0);
    sensor.record(5, 0);
    sensor.record(1, 31_000);
    expect(sensor.maximum(59_000)).toBe(5);
    expect(sensor.average(59_000)).toBe(3);
    expect(sensor.maximum(60_000)).toBe(1);
    expect(sensor.average(60_000)).toBe(1);
    expect(sensor.maximum(91_000)).toBeNaN();
    expect(sensor.countRate(91_000)).toBe(0);
    expect([sensor.count, sensor.sum]).toEqual([2, 6]);
  });

  it('takes values after a long silence', () => {
    const sensor = new Sensor(0);
    sensor.record(5, 0);
    sensor.record(7, 1_000_000);
    expect(sensor.maximum(1_000_000)).toBe(7);
    expect(sensor.sumRate(1_000_000)).toBeCloseTo(7 / 30);
  });
});

describe('sensors by key', () => {
  it('there are no more than so many, and idle ones make room', () => {
    const sensors = new KeyedSensors((nowMs) => new Sensor(nowMs), 2);
    sensors.get('a', 0)?.record(1, 0);
    sensors.get('b', 100_000)?.record(1, 100_000);
    expect(sensors.get('c', 100_000)).toBeNull();
    const c = sensors.get('c', 300_000);
    c?.record(1, 300_000);
    expect(c).not.toBeNull();
    expect([...sensors.entries(300_000)].map(([key]) => key)).toEqual(['b', 'c']);
    // Looking at the figures does not keep them.
    expect([...sensors.entries(400_000)].map(([key]) => key)).toEqual(['c']);
  });
});
