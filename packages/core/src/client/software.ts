// Decides the name and version by which brokers know this client (KIP-511).

export const softwareName = 'ottla';
export const softwareVersion = '0.1.0';
