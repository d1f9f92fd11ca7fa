/** What was made for an object, by key. */
export type Kept<T> = WeakMap<object, Map<unknown, T>>;

/**
 * What `make` made for this object and key, made at the first call and kept as long as the object lives. Maps of one
 * geometry share their drawing this way; the object is taken not to change.
 */
export function keepFor<T>(kept: Kept<T>, owner: object, key: unknown, make: () => T): T {
  const own = kept.get(owner) ?? new Map<unknown, T>();
  kept.set(owner, own);
  const found = own.get(key);
  if (found !== undefined) return found;
  const made = make();
  own.set(key, made);
  return made;
}
