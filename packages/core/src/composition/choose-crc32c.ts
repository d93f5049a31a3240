// Decides, once in a process, that the native checksum is used where it can be loaded.
import { useCrc32c } from '../foundation/crc32c.js';
import { loadNativeCrc32c } from '../io/node/native-crc32c.js';

let isChosen = false;

export function chooseCrc32c(): void {
  if (isChosen) return;
  isChosen = true;
  useCrc32c(loadNativeCrc32c());
}
