// A link that is long, and as wide as it is told: `delay-line.mjs PORT MS [MIB_PER_SECOND]` listens, and passes every byte on
// to PORT and back, each direction MS later and at that rate. It queues without limit, as the worst of routers. Prints its port; lives until its standard input closes.
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers";
import { connect, createServer } from "node:net";

const [to, ms, rate = Infinity] = process.argv.slice(2).map(Number);
const bytesPerMs = (rate * 1024 * 1024) / 1000;

function delay(from, into) {
  const underWay = [];
  let freeAt = 0; // when the link has sent what it was given so far
  const deliver = () => {
    const at = performance.now();
    while (underWay.length > 0 && underWay[0].dueAt <= at) into.write(underWay.shift().chunk);
    if (underWay.length > 0) setTimeout(deliver, Math.max(1, underWay[0].dueAt - at));
  };
  from.on("data", (chunk) => {
    freeAt = Math.max(freeAt, performance.now()) + chunk.length / bytesPerMs;
    underWay.push({ chunk, dueAt: freeAt + ms });
    if (underWay.length === 1) setTimeout(deliver, ms);
  });
  from.on("error", () => into.destroy());
  from.on("close", () => into.destroy());
}

const server = createServer({ noDelay: true }, (near) => {
  const far = connect({ port: to, host: "127.0.0.1", noDelay: true });
  delay(near, far);
  delay(far, near);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
process.on("message", () => process.send(process.cpuUsage())); // of a parent that asks
