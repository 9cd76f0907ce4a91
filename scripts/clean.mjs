// Removes build output, so that a file deleted from the source cannot live on in dist/.
import { rmSync } from "node:fs";
for (const folder of process.argv.slice(2))
  rmSync(new URL(`../${folder}`, import.meta.url), { recursive: true, force: true });
