// The server as Deepkit wants it: a class whose types its compiler keeps for the run time.
import { rpc } from "@deepkit/rpc";
import { Observable } from "rxjs";
import { implementation } from "../implementation.mjs";

interface Order {
  id: string;
  customer: { name: string; email: string; city: string };
  lines: { sku: string; title: string; quantity: number; price: number }[];
  placedAt: number;
  isGift: boolean;
}

interface Tick {
  sequence: number;
  text: string;
}

@rpc.controller("bench")
export class BenchController {
  @rpc.action()
  async echo(bytes: Uint8Array): Promise<Uint8Array> {
    return implementation.echo(bytes);
  }

  @rpc.action()
  async add(a: number, b: number): Promise<number> {
    return implementation.add(a, b);
  }

  @rpc.action()
  async place(order: Order): Promise<Order> {
    return implementation.place(order);
  }

  @rpc.action()
  async sink(bytes: Uint8Array): Promise<number> {
    return implementation.sink(bytes);
  }

  @rpc.action()
  ticks(count: number): Observable<Tick> {
    return new Observable((observer) => {
      void (async () => {
        for await (const tick of implementation.ticks(count)) observer.next(tick);
        observer.complete();
      })();
    });
  }
}
