// Makes detector/ from the component: JavaScript, and the component's own code beside it.
//
// usage: node transpile.mjs COMPONENT
import { transpile, writeFiles } from "@bytecodealliance/jco-transpile";

const { files } = await transpile(process.argv[2], { name: "detector", outDir: "detector" });
await writeFiles(files);
