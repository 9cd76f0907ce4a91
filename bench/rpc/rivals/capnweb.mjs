// What both carriers of Cap'n Web share: its server's root object and its client.
import { ReadableStream } from "node:stream/web";
import { RpcTarget } from "capnweb";
import { Link as LinkObject, implementation } from "../implementation.mjs";

class Link extends RpcTarget {
  #link;

  constructor(link = new LinkObject(1)) {
    super();
    this.#link = link;
  }

  async next() {
    return new Link(await this.#link.next());
  }

  depth() {
    return this.#link.depth();
  }
}

export class Bench extends RpcTarget {
  echo(bytes) {
    return implementation.echo(bytes);
  }

  add(a, b) {
    return implementation.add(a, b);
  }

  place(order) {
    return implementation.place(order);
  }

  sink(bytes) {
    return implementation.sink(bytes);
  }

  ticks(count) {
    const items = implementation.ticks(count);
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await items.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
  }

  callBack(back, times, isParallel) {
    return implementation.callBack(back, times, isParallel);
  }

  async first() {
    return new Link();
  }
}

export function clientOf(stub) {
  const back = async (value) => value + 1;
  return {
    echo: (bytes) => stub.echo(bytes),
    add: (a, b) => stub.add(a, b),
    place: (order) => stub.place(order),
    sink: (bytes) => stub.sink(bytes),
    ticks: async (count) => {
      let seen = 0;
      for await (const { sequence } of await stub.ticks(count)) if (sequence === seen) seen++;
      return seen;
    },
    callBackInParallel: (times) => stub.callBack(back, times, true),
    callBackInSequence: (times) => stub.callBack(back, times, false),
    chain: () => stub.first().next().next().depth(),
  };
}
