/** Loads one of this package's native dependencies; throws what `require` throws when it is absent or does not fit the machine. */
export declare function requireNative(name: string): unknown;
