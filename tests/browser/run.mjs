// `npm run test:browser [-- SCREENSHOTS]`: examples/browser, and every carrier that a browser has, in a real Chromium.
// SCREENSHOTS is a folder for pictures of the page. Needs Chromium: /usr/bin/chromium, or $CHROMIUM.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { carriers } from "./carriers.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const screenshots = process.argv[2];
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

const folder = mkdtempSync(join(tmpdir(), "peerwire-browser-"));
const served = join(folder, "served");
mkdirSync(join(served, "notes"), { recursive: true });
writeFileSync(join(served, "notes", "today.txt"), "a needle in here\n");
writeFileSync(join(served, "notes", "<b>bold.txt"), "& <script>");
writeFileSync(join(served, "large.bin"), randomBytes(8_000_000));
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

let server;
let context;
try {
  const url = await start(0);
  context = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS.split(" "),
    viewport: { width: 1360, height: 820 },
  });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("ERR_CONNECTION_REFUSED"))
      complaints.push(message.text());
  });
  await page.goto(url);
  await page.locator("#connection[data-state=open]").waitFor();

  await step("lists a folder, and walks into one", async () => {
    await page.locator('[data-name="notes"]').waitFor();
    assert.deepEqual(await names(page), ["notes", "large.bin"]);
    await page.click('[data-name="notes"]');
    await page.locator('[data-name="today.txt"]').waitFor();
    assert.deepEqual(await names(page), ["<b>bold.txt", "today.txt"]);
    assert.equal(await page.textContent("#path"), "files/notes");
  });
  await step("shows a file, as text and never as markup", async () => {
    await page.click('[data-name="<b>bold.txt"]');
    await page.locator("#preview pre", { hasText: "& <script>" }).waitFor();
  });
  await step("shows what changes while one looks on", async () => {
    writeFileSync(join(served, "notes", "new.txt"), "new");
    await page.locator('#changes li[data-what="created"]', { hasText: "notes/new.txt" }).waitFor();
    await page.locator('[data-name="new.txt"]').waitFor();
    rmSync(join(served, "notes", "new.txt"));
    await page.locator('#changes li[data-what="removed"]', { hasText: "notes/new.txt" }).waitFor();
    await page.locator('[data-name="new.txt"]').waitFor({ state: "detached" });
  });
  await step("searches, and opens what it found", async () => {
    await page.fill("#search input", "needle");
    await page.locator(".match", { hasText: "notes/today.txt:1" }).click();
    await page.locator("#preview pre", { hasText: "a needle in here" }).waitFor();
    await page.fill("#search input", "");
    await page.locator('[data-name="today.txt"]').waitFor();
  });
  await step("downloads a file byte for byte, with progress", async () => {
    await page.click("#path button >> nth=0");
    await page.click('[data-name="large.bin"]');
    const saved = page.waitForEvent("download");
    await page.click("#preview .button");
    const bytes = readFileSync(await (await saved).path());
    assert.equal(digest(bytes), digest(readFileSync(join(served, "large.bin"))));
    await page.locator("#transfers li", { hasText: "saved" }).waitFor();
  });
  if (screenshots) await page.screenshot({ path: join(screenshots, "files-light.png") });
  const upload = randomBytes(20_000_000);
  await step("uploads a file byte for byte, and hears from the server how far it is", async () => {
    await page.click("#volumes button >> text=drop box");
    await page.locator("#list .empty").waitFor();
    await page.evaluate(() => {
      window.seen = new Set();
      const look = () => document.querySelectorAll("#transfers progress").forEach((bar) => window.seen.add(bar.value));
      new MutationObserver(look).observe(document.getElementById("transfers"), { subtree: true, childList: true });
    });
    await page.setInputFiles("#upload input", { name: "up.bin", mimeType: "", buffer: upload });
    await page.locator("#transfers li", { hasText: "uploaded" }).waitFor();
    await page.locator('[data-name="up.bin"]').waitFor();
    assert.ok((await page.evaluate(() => window.seen.size)) > 3, "there was no progress");
    await page.click('[data-name="up.bin"]');
    const saved = page.waitForEvent("download");
    await page.click("#preview .button");
    assert.equal(digest(readFileSync(await (await saved).path())), digest(upload));
  });
  await step("says why an upload failed", async () => {
    await page.setInputFiles("#upload input", { name: "up.bin", mimeType: "", buffer: Buffer.from("again") });
    await page.locator("#transfers li.failed", { hasText: "there is a file of this name" }).waitFor();
  });
  if (screenshots) {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.screenshot({ path: join(screenshots, "files-dark.png") });
  }
  await step("comes back after the server has been away", async () => {
    await page.click("#volumes button >> text=files");
    await page.click('[data-name="notes"]');
    await page.locator('[data-name="today.txt"]').waitFor();
    server.kill("SIGKILL");
    await page.locator("#connection[data-state=lost]").waitFor();
    await start(Number(new URL(url).port));
    await page.locator("#connection[data-state=open]").waitFor();
    await page.locator('[data-name="today.txt"]').waitFor();
    assert.equal(await page.textContent("#path"), "files/notes");
    assert.deepEqual(complaints, []);
  });
  await carriers(context, step);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await context?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the address of the page. */
async function start(port) {
  const script = join(root, "dist/examples/browser/serve.js");
  server = spawn(process.execPath, [script, served, "--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(server.stdout.setEncoding("utf8"), "data");
  return /open (\S+)/.exec(line)[1];
}

async function names(page) {
  return page.locator("#list .entry").evaluateAll((rows) => rows.map((row) => row.dataset.name));
}

async function step(name, run) {
  const started = performance.now();
  await run();
  console.log(`  ✓ ${name} (${Math.round(performance.now() - started)} ms)`);
}
