/** What tests use of Express, whose own types are a package that nothing else here needs. */
declare module "express" {
  import type { Server } from "node:http";
  interface Application {
    get(path: string, handler: (request: unknown, response: { send(text: string): void }) => void): Application;
    listen(port: number, host: string): Server;
  }
  export default function express(): Application;
}
