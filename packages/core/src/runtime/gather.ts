// Decides how the answers of several coordinators become the answer of one request.

/** Collects `count` values by their place, and hands them over when the last one is there. */
export function gather<Value>(
  count: number,
  done: (values: Value[]) => void,
): (index: number, value: Value) => void {
  const values: Value[] = Array.from({ length: count });
  let missing = count;
  if (missing === 0) done(values);
  return (index, value) => {
    values[index] = value;
    missing--;
    if (missing === 0) done(values);
  };
}
