// Decides how an admin call that concerns many resources tells what became of each.
import type { KafkaError } from '../errors.js';

/** One value or one error for each resource that was asked for. */
export class AdminResults<T> {
  constructor(
    /** What succeeded, by the resource's name. */
    readonly values: ReadonlyMap<string, T>,
    /** What failed, by the resource's name. */
    readonly errors: ReadonlyMap<string, KafkaError>,
  ) {}

  /** Whether anything failed. */
  get hasErrors(): boolean {
    return this.errors.size > 0;
  }

  /** The value of one resource; throws its error. */
  get(name: string): T {
    const error = this.errors.get(name);
    if (error !== undefined) throw error;
    const value = this.values.get(name);
    if (value === undefined && !this.values.has(name)) throw new RangeError(`${name} was not asked for`);
    return value as T;
  }

  /** All values; throws the first error when there is one. */
  orThrow(): ReadonlyMap<string, T> {
    for (const error of this.errors.values()) throw error;
    return this.values;
  }
}

/** Collects results by resource. */
export class ResultCollector<T> {
  readonly #values = new Map<string, T>();
  readonly #errors = new Map<string, KafkaError>();

  value(name: string, value: T): void {
    this.#values.set(name, value);
  }

  error(name: string, error: KafkaError): void {
    this.#errors.set(name, error);
  }

  finish(): AdminResults<T> {
    return new AdminResults(this.#values, this.#errors);
  }
}
