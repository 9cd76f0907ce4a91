// tgrid over WebSocket: calls in both directions by name, as JSON.
import { WebSocketConnector, WebSocketServer } from "tgrid";
import { implementation } from "../implementation.mjs";
import { asText } from "./text.mjs";

export async function serve() {
  const server = new WebSocketServer();
  const { echo, add, place, sink, callBack } = implementation;
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  await server.open(port, async (acceptor) => {
    await acceptor.accept({
      echo,
      add,
      place,
      sink,
      callBack: (times, isParallel) => callBack((value) => acceptor.getDriver().back(value), times, isParallel),
    });
  });
  return port;
}

export async function connect(port) {
  const connector = new WebSocketConnector(null, { back: async (value) => value + 1 });
  await connector.connect(`ws://127.0.0.1:${port}`);
  const server = connector.getDriver();
  return {
    close: () => connector.close(),
    echo: (bytes) => server.echo(asText(bytes)),
    add: (a, b) => server.add(a, b),
    place: (order) => server.place(order),
    sink: (bytes) => server.sink(asText(bytes)),
    callBackInParallel: (times) => server.callBack(times, true),
    callBackInSequence: (times) => server.callBack(times, false),
  };
}
