// Decides where the clients find the waiting time between tries.
export { backoffMs } from '../foundation/backoff.js';
