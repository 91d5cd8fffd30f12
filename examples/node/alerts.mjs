// Alerts from Weir's component in Node: NDJSON in, one alert a line out.
//
// usage: node alerts.mjs CONFIGURATION [ASN_DB] < events.ndjson
import { randomFillSync } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { description, detection, inspection } from "./detector/detector.js"; // made by transpile.mjs

const BATCH = 1 << 20; // bytes of log in one call, at most
const LINE_END = 10;

/** A value of the contract as JSON has it, names as in the contract, keys sorted, integers whole. */
function plain(value) {
  if (value === undefined) return "null";
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(plain)}]`;
  if ("tag" in value) return plain(value.val);
  const fields = Object.entries(value).map(([name, field]) => {
    const kebab = name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
    return `"${kebab}":${plain(field)}`;
  });
  return `{${fields.sort()}}`;
}

function push(batch) {
  const outcome = detector.push(batch);
  for (const name in totals) totals[name] += outcome[name];
  report();
}

function report() {
  for (let alerts; (alerts = detector.takeAlerts(256)).length > 0; ) {
    for (const alert of alerts) console.log(plain(alert));
  }
}

const [parameters, ...tables] = process.argv.slice(2);
const totals = { counted: 0n, malformed: 0n, droppedLate: 0n, refusedFuture: 0n };
let detector;
try {
  const [{ id: rule }] = description.describe(); // of several rules, the first
  detector = detection.Detector.open([{ rule, parameters }], randomFillSync(new BigUint64Array(2)));
  for (const table of tables) inspection.loadTable(detector, "asn", readFileSync(table));
} catch (problem) {
  if (problem instanceof Error) throw problem;
  console.error(plain(problem)); // what is wrong with the configuration or the table
  process.exit(1);
}

let rest = []; // the beginning of a line whose end is still to come
for await (const chunk of createReadStream(null, { fd: 0, highWaterMark: BATCH })) {
  const end = chunk.lastIndexOf(LINE_END) + 1;
  if (end > 0) push(Buffer.concat([...rest.splice(0), chunk.subarray(0, end)]));
  rest.push(chunk.subarray(end));
}
push(Buffer.concat(rest));
detector.flush();
report();
const { counted, malformed, droppedLate, refusedFuture } = totals;
console.error(`counted: ${counted}\nmalformed: ${malformed}`);
console.error(`dropped-late: ${droppedLate}\nrefused-future: ${refusedFuture}`);
