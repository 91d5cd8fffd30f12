// Builds the detector as a component: failed-logins.wasm.
import { writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const { component } = await componentize({
  sourcePath: "detector.js",
  witPath: "wit",
  worldName: "minimal",
  // A detector imports nothing: whatever would need the system is left out.
  disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
});
await writeFile("failed-logins.wasm", component);
