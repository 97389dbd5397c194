// Bundles the built command and the daemon that it starts, each into its dist/bundle: a tenth of the files to find and half of the
// time to start. Usage: node bundle.mjs
import { rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { rolldown } from "rolldown";

const apps = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

for (const app of ["docker", "dockerd"]) {
  const output = join(apps, app, "dist/bundle");
  await rm(output, { recursive: true, force: true });
  const bundle = await rolldown({
    input: { main: join(apps, app, "dist/main.js") },
    platform: "node",
    plugins: [keepOwnUrl(output)],
  });
  await bundle.write({ dir: output, format: "esm", sourcemap: false });
  await bundle.close();
}

/** Files that a module finds beside itself stay where they are: its URL is told relative to the bundle's. */
function keepOwnUrl(output) {
  return {
    name: "keep-own-url",
    transform(code, id) {
      if (!code.includes("import.meta.url")) return null;
      const path = JSON.stringify(relative(output, id));
      return { code: code.replaceAll("import.meta.url", `new URL(${path}, import.meta.url).href`), map: null };
    },
  };
}
