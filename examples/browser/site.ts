/** The page's own files: bundled once, held in memory, and answered with headers that let in nothing from elsewhere. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob: data:",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

/** @param folder  of the page's sources. */
export async function buildSite(folder: string): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "main.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const files = new Map([
    ["/", ["text/html; charset=utf-8", await readFile(join(folder, "index.html"))]],
    ["/page.css", ["text/css; charset=utf-8", await readFile(join(folder, "page.css"))]],
    ["/main.js", ["text/javascript; charset=utf-8", outputFiles[0]!.contents]],
  ] as const);
  return (request, response) => {
    const file = files.get((request.url ?? "").split("?", 1)[0] as "/");
    request.resume();
    if (file === undefined) {
      response.writeHead(404, HEADERS).end("nothing is here\n");
      return;
    }
    response.writeHead(200, { ...HEADERS, "Content-Type": file[0] }).end(file[1]);
  };
}
