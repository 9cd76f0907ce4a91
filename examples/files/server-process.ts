/** The server of this example as a process of its own, started and ended from another one. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export class ServerProcess implements AsyncDisposable {
  /** Where it listens. */
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** @param words  what server.ts is given. Rejects where the process ends before it listens. */
  static async start(...words: string[]): Promise<ServerProcess> {
    const script = fileURLToPath(new URL("server.js", import.meta.url));
    const child = spawn(process.execPath, [script, ...words], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "exit");
    ended.catch(() => undefined); // told to whoever waits for it
    for await (const line of createInterface(child.stdout)) {
      const address = /^listening (.+)$/.exec(line)?.[1];
      if (address !== undefined) return new ServerProcess(child, ended, address);
    }
    const [code] = (await ended) as [number | null];
    throw new Error(`the server ended before it listened, with exit code ${code ?? "none"}`);
  }

  private constructor(child: ChildProcess, ended: Promise<unknown>, address: string) {
    this.#child = child;
    this.#ended = ended;
    this.address = address;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Ends it as a crash would: no goodbye, nothing flushed. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Asks it to end, and waits until it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }
}
