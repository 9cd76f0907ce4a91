/** Where something stands in a message, as field numbers: what a call on a result that is not known yet names it by. */
import type { PathKey, ValuePath } from "./path.js";

/** A place inside one list: field numbers from the outside in to the list, and from its item on. */
export interface ItemPath {
  readonly list: readonly number[];
  readonly index: number;
  readonly inside: readonly number[];
}

/** A field of the message at hand, from the outside in; undefined inside a list or a map, where numbers do not tell elements apart. */
export function fieldsTo(path: ValuePath, tag: number): readonly number[] | undefined {
  const fields: number[] = [];
  for (let i = 0; i < path.depth; i++) {
    if (path.keyAt(i) !== undefined) return undefined;
    fields.push(path.tagAt(i) >>> 3);
  }
  fields.push(tag >>> 3);
  return fields;
}

/** The place of a field inside exactly one list. @param key  the field's own index, where it is itself an item. */
export function itemTo(path: ValuePath, tag: number, key: PathKey | undefined): ItemPath | undefined {
  const list: number[] = [];
  const inside: number[] = [];
  let index: PathKey | undefined;
  for (let i = 0; i <= path.depth; i++) {
    const isLast = i === path.depth;
    const own = isLast ? key : path.keyAt(i);
    (index === undefined ? list : inside).push((isLast ? tag : path.tagAt(i)) >>> 3);
    if (own === undefined) continue;
    if (index !== undefined) return undefined;
    index = own;
  }
  return typeof index === "number" ? { list, index, inside } : undefined;
}
