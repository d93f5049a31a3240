// Decides where the flights come from, and what becomes of one on its way through the pipeline.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One of 20,000 real US flights of January to March 2001, from the npm package vega-datasets. */
export interface Flight {
  /** Its place in the file, by which it is found again at the end. */
  readonly number: number;
  /** Minutes; negative when the flight was early. */
  readonly delay: number;
  /** Airport codes. */
  readonly origin: string;
  readonly destination: string;
}

/** What the first stage makes of a flight. */
export interface Departure {
  readonly flight: number;
  readonly airport: string;
  readonly delayMinutes: number;
}

/** What the second stage makes of a departure. */
export interface Delay extends Departure {
  readonly punctuality: 'early' | 'on time' | 'late';
}

const lateFromMinutes = 15;

export async function readFlights(): Promise<Flight[]> {
  const packageEntry = createRequire(import.meta.url).resolve('vega-datasets');
  const file = join(dirname(packageEntry), '..', 'data', 'flights-20k.json');
  const flights = JSON.parse(await readFile(file, 'utf8')) as Omit<Flight, 'number'>[];
  return flights.map(({ delay, origin, destination }, number) => ({ number, delay, origin, destination }));
}

export function departureOf({ number, origin, delay }: Flight): Departure {
  return { flight: number, airport: origin, delayMinutes: delay };
}

export function delayOf(departure: Departure): Delay {
  const { delayMinutes } = departure;
  const punctuality = delayMinutes < 0 ? 'early' : delayMinutes < lateFromMinutes ? 'on time' : 'late';
  return { ...departure, punctuality };
}
