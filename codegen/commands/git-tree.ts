/** A project as it was at some commit: its files in a temporary folder, with the packages that are installed now. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { UsageError } from "./terminal.js";

export interface OldTree {
  /** What `folder` was then. It may not have been there. */
  readonly folder: string;
  remove(): void;
}

/** @throws {UsageError} where `folder` is in no repository, or git knows no such commit. */
export function checkOut(ref: string, folder: string): OldTree {
  const top = realpathSync(
    git(
      folder,
      ["rev-parse", "--show-toplevel"],
      `${ref}: no such folder, and no commit either, as ${folder} is in no git repository`,
    ),
  );
  const commit = git(
    folder,
    ["rev-parse", "--verify", "--quiet", `${ref}^{commit}`],
    `${ref}: neither a folder nor a commit that git knows`,
  );
  const root = mkdtempSync(join(realpathSync(tmpdir()), "peerwire-then-"));
  try {
    const environment = { GIT_INDEX_FILE: join(root, ".index") };
    git(top, ["read-tree", commit], `cannot read ${ref}`, environment);
    git(top, ["checkout-index", "--all", `--prefix=${root}/`], `cannot read ${ref}`, environment);
    const path = relative(top, realpathSync(folder));
    linkPackages(top, root, path);
    return { folder: join(root, path), remove: () => rmSync(root, { recursive: true, force: true }) };
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

function git(cwd: string, args: readonly string[], complaint: string, environment: NodeJS.ProcessEnv = {}): string {
  try {
    const env = { ...process.env, ...environment };
    return execFileSync("git", args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") throw new UsageError("--against needs git");
    const said = stderr?.trim().split("\n").at(-1) ?? "";
    throw new UsageError(said === "" ? complaint : `${complaint}: ${said}`);
  }
}

/** node_modules of the project and of every folder above it: types come from packages, and those are not committed. */
function linkPackages(top: string, root: string, path: string): void {
  for (let at = path; ; at = dirname(at)) {
    const [from, to] = [join(top, at, "node_modules"), join(root, at, "node_modules")];
    if (existsSync(from) && !existsSync(to)) {
      mkdirSync(dirname(to), { recursive: true });
      symlinkSync(from, to, "junction");
    }
    if (at === "" || at === ".") return;
  }
}
