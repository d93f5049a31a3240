// Decides how the engine stops on its own bugs; what the world does wrong is a value or a typed error, never an assertion.

export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Throws an AssertionFailure when `condition` is false: the code has a bug. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}
