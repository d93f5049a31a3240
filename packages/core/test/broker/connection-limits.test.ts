import { ConnectionLimits } from '../../src/broker/connection-limits.js';

describe('connection limits', () => {
  it('count addresses apart, and an IPv4 client the same on a listener for both', () => {
    const limits = new ConnectionLimits(() => ({
      maxConnections: 4,
      maxConnectionsPerIp: 2,
      maxConnectionsPerIpOverrides: ['10.0.0.9:3', 'fe80::1:1'],
    }));
    expect(['10.0.0.1', '::ffff:10.0.0.1', '10.0.0.1'].map((host) => limits.enter(host))).toEqual([
      null,
      null,
      '10.0.0.1 has 2 connections, and max.connections.per.ip allows 2',
    ]);
    expect([limits.enter('fe80::1'), limits.enter('fe80::1')]).toEqual([
      null,
      'fe80::1 has 1 connections, and max.connections.per.ip allows 1',
    ]);
    expect([limits.enter('10.0.0.9'), limits.enter('10.0.0.9')]).toEqual([null, 'max.connections allows 4']);
    limits.leave('10.0.0.1');
    expect([limits.enter('10.0.0.9'), limits.count]).toEqual([null, 4]);
  });

  it('follow configs that change', () => {
    let maxConnections = 0;
    const limits = new ConnectionLimits(() => ({
      maxConnections,
      maxConnectionsPerIp: 9,
      maxConnectionsPerIpOverrides: [],
    }));
    expect(limits.enter('a')).toBe('max.connections allows 0');
    maxConnections = 1;
    expect(limits.enter('a')).toBeNull();
  });
});
