// Decides where the flights come from: 20,000 real US flights of January to March 2001, in the npm package vega-datasets.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Flight {
  /** `2001/01/31 16:45`. */
  readonly date: string;
  /** Minutes; negative when the flight was early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  /** Airport codes. */
  readonly origin: string;
  readonly destination: string;
}

export async function readFlights(): Promise<Flight[]> {
  const packageEntry = createRequire(import.meta.url).resolve('vega-datasets');
  const file = join(dirname(packageEntry), '..', 'data', 'flights-20k.json');
  return JSON.parse(await readFile(file, 'utf8')) as Flight[];
}
