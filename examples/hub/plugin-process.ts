/** A plugin as a process of its own, started and watched from another one. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export class PluginProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #heard: AsyncIterator<string>;

  constructor(name: string, address: string) {
    const script = fileURLToPath(new URL("plugin.js", import.meta.url));
    this.name = name;
    this.#child = spawn(process.execPath, [script, name, address], { stdio: ["pipe", "pipe", "inherit"] });
    this.#ended = once(this.#child, "exit").then(([code, signal]) => String(code ?? signal));
    this.#heard = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The exit code, or the signal that ended it. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  /** The next line that it prints. */
  async nextLine(): Promise<string> {
    const { value } = (await this.#heard.next()) as { value?: string };
    return value ?? "";
  }

  /** Ends it as a crash would. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
