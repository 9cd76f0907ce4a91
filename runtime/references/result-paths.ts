/**
 * The references in one result, by where they stand in the response message: what calls on a path inside a result that
 * is not known yet are about. Filled while the result is encoded, so that a path reaches what crossed, and nothing else.
 */
import { type ItemPath, fieldsTo, itemTo } from "../protobuf/field-numbers.js";
import type { PathKey, ValuePath } from "../protobuf/path.js";
import type { MapItems } from "./map-run.js";
import type { ResultList, ResultReference, ServiceDescriptor } from "./service.js";

/** One reference of a result: the object, and the interface under which it crosses. */
export interface ResultObject {
  readonly object: object;
  readonly service: ServiceDescriptor;
}

/** Finds a reference in a result. */
export interface ResultLookup {
  /** @param path  field numbers from the outside in; empty: the result itself. */
  at(path: readonly number[]): ResultObject | undefined;
}

/** A path as one string. Where the result is itself a reference, that is the response message's only field. */
export function pathKey(path: readonly number[]): string {
  return path.length === 0 ? "1" : path.join(".");
}

export class ResultPaths implements ResultLookup {
  readonly #found = new Map<string, ResultObject | undefined>();
  readonly #lists: Map<string, NotedList> | undefined;

  /** @param lists  those whose items are noted too. */
  constructor(lists?: readonly ResultList[]) {
    this.#lists = lists && new Map(lists.map((list) => [pathKey(list.path), new NotedList(list)]));
  }

  note(path: ValuePath, tag: number, key: PathKey | undefined, service: ServiceDescriptor, object: object): void {
    const fields = key === undefined ? fieldsTo(path, tag) : undefined;
    if (fields !== undefined) this.#noteField(fields, service, object);
    else {
      const item = itemTo(path, tag, key);
      if (item !== undefined) this.#noteItem(item, object);
    }
  }

  #noteField(path: readonly number[], service: ServiceDescriptor, object: object): void {
    const key = pathKey(path);
    // Two at one place are entries of a list or a map: numbers do not tell them apart.
    this.#found.set(key, this.#found.has(key) ? undefined : { object, service });
  }

  #noteItem({ list, index, inside }: ItemPath, object: object): void {
    this.#lists?.get(pathKey(list))?.note(index, inside, object);
  }

  at(path: readonly number[]): ResultObject | undefined {
    const key = pathKey(path);
    const list = this.#lists?.get(key);
    return list === undefined ? this.#found.get(key) : { object: list, service: list.service };
  }
}

/** A list of a result, as far as it can be mapped over: the references of each item. */
class NotedList implements MapItems {
  readonly list: ResultList;
  readonly #items: Map<string, object>[] = [];

  constructor(list: ResultList) {
    this.list = list;
  }

  get service(): ServiceDescriptor {
    return this.list.mapping.reference(this.list).service();
  }

  get length(): number {
    return this.#items.length;
  }

  note(index: number, inside: readonly number[], object: object): void {
    (this.#items[index] ??= new Map<string, object>()).set(inside.join("."), object);
  }

  at(index: number, { path }: ResultReference): object | undefined {
    return this.#items[index]?.get(path.join("."));
  }
}
