// Failed logins: many of one user from one address within five minutes.
//
// Documents come in as bytes, alerts go out. There is no clock, no file and no network: every
// answer follows from the calls so far. What each function has to do is in wit/.

const WINDOW = 300_000; // The length of a window, in milliseconds.
const BEHIND = 120_000; // How far the watermark stays behind the latest event.
const LATENESS = 8 * 3_600_000; // How long a window takes late events.
const [LONGEST, MOST_HOSTS] = [1024, 1000];
const END_OF_TIME = Date.UTC(9999, 11, 31);
const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const RULE = "0b8a5f6e-2f0c-4d1c-9c39-6a1f0d6b7f52";

const text = (name, label) => ({ name, label, kind: "text" });

export const description = {
  describe: () => [
    {
      id: RULE,
      shortName: "failed-logins",
      name: "Failed logins of a user from one address",
      version: 1,
      description:
        "A user failed to log in many times from one address within five minutes, as when passwords are guessed.",
      references: [],
      severity: "medium",
      riskScore: 47,
      tags: [],
      eventCategory: ["authentication"],
      eventType: [],
      threats: [
        {
          tactic: { id: "TA0006", name: "Credential Access", reference: "https://attack.mitre.org/tactics/TA0006/" },
          techniques: [{ id: "T1110", name: "Brute Force", reference: "https://attack.mitre.org/techniques/T1110/" }],
          subtechniques: [],
        },
      ],
      judgement: { tag: "tumbling", val: BigInt(WINDOW) },
      dataSets: ["system.auth"],
      key: [text("user.name", "user.name"), text("source.ip", "source.ip")],
      columns: [
        { name: "auth.failures", label: "Failed logins", kind: "integer" },
        { name: "auth.hosts", label: "auth.hosts", kind: "text-list" },
      ],
      parameters: [
        {
          name: "min_failures",
          kind: "integer",
          defaultValue: "5",
          minimum: 1,
          maximum: 1_000_000_000,
          summary: "Fewest failed logins that alert.",
        },
      ],
      conditions: [
        {
          column: "auth.failures",
          parameter: "min_failures",
          comparison: "at-least",
          aggregate: { tag: "count" },
        },
      ],
      tables: [],
    },
  ],
};

/** The value at a path, whose keys are nested or joined by dots; undefined if there is none. */
function at(value, path) {
  if (value === null || typeof value !== "object") return undefined;
  if (Object.hasOwn(value, path)) return value[path];
  for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) {
    const found = at(value[path.slice(0, dot)], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The text at a path, at most so long as an alert can hold it; null if there is none. */
function word(document, path) {
  const value = at(document, path);
  // JSON can say what is no text: halves of pairs of UTF-16.
  return typeof value === "string" && value !== "" ? value.slice(0, LONGEST).toWellFormed() : null;
}

/** Where the elements of the list that begins at `from` are, in JSON that is whole. */
function elements(json, from) {
  const spans = [];
  const [quote, escape, comma] = ['"', "\\", ","].map((character) => character.charCodeAt(0));
  let [depth, start, quoted] = [0, from + 1, false];
  for (let at = from; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === escape) at += 1;
    else if (byte === quote) quoted = !quoted;
    else if (quoted) continue;
    else if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    if (depth === 0 || (depth === 1 && byte === comma)) {
      spans.push([start, at - start]);
      start = at + 1;
    }
    if (depth === 0) break;
  }
  return spans;
}

/** Keys in the contract's order: no value before any, texts by their bytes. */
function compare(one, other) {
  for (let part = 0; part < one.length; part += 1) {
    const [a, b] = [one[part] ?? "", other[part] ?? ""];
    const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
    for (let at = 0; at < left.length && at < right.length; at += 1) {
      if (left[at] !== right[at]) return left[at] - right[at];
    }
    if (left.length !== right.length) return left.length - right.length;
  }
  return 0;
}

class Detector {
  windows = new Map(); // By their start.
  alerts = [];
  watermark = null;
  totals = { unwanted: 0, counted: 0, duplicate: 0, droppedLate: 0, late: 0, fired: 0, groups: 0 };
  revisions = { "on-time": 0, late: 0 };

  constructor(minimum) {
    this.minimum = minimum;
  }

  static open(rules, _seed) {
    const problem = (key, message) => {
      throw [{ rule: rules[0]?.rule ?? "", key, message }];
    };
    if (rules.length !== 1 || rules[0].rule !== RULE) problem("", "there is no rule of this id");
    let minimum = 5;
    for (const [key, value] of Object.entries(JSON.parse(rules[0].parameters))) {
      if (key !== "min_failures") problem(key, "no such parameter");
      if (!Number.isInteger(value) || value < 1 || value > 1e9) problem(key, "not an integer from 1 to 1000000000");
      minimum = value;
    }
    return new Detector(minimum);
  }

  push(batch) {
    const counts = ["counted", "duplicate", "excluded", "otherDataSet", "malformed", "droppedLate", "refusedFuture"];
    const outcome = Object.fromEntries(counts.map((count) => [count, 0n]));
    outcome.refused = [];
    for (let [offset, line] = [0, 0]; offset < batch.length; line += 1) {
      const end = batch.indexOf(10, offset);
      const length = (end < 0 ? batch.length : end) - offset;
      this.read(batch, [offset, length], line, outcome);
      offset += length + 1;
    }
    this.fire();
    return outcome;
  }

  /** Takes what stands at a place in the batch: a record, a list of some, or an envelope of them. */
  read(batch, [offset, length], line, outcome, depth = 4) {
    const count = (name, reason) => {
      outcome[name] += 1n;
      if (!reason) return;
      const kind = name === "malformed" ? "malformed" : "dropped-late";
      outcome.refused.push({ line, offset, length, kind, reason });
    };
    let json;
    let document;
    try {
      json = TEXT.decode(batch.subarray(offset, offset + length));
      if (json.trim() === "") return;
      document = JSON.parse(json);
    } catch {
      return count("malformed", "not JSON");
    }
    const envelope = Array.isArray(document?.records) && word(document, "data_stream.dataset") === null;
    if (depth > 0 && (envelope || Array.isArray(document))) {
      const before = envelope ? json.slice(0, Math.max(0, json.indexOf('"records"'))) : "";
      const from = batch.indexOf(0x5b, offset + new TextEncoder().encode(before).length);
      const inner = elements(batch.subarray(0, offset + length), from);
      for (const span of inner) this.read(batch, span, line, outcome, depth - 1);
    } else {
      count(...this.take(document));
    }
  }

  /** What becomes of a document: one of the outcome's counts, and why if it is refused. */
  take(document) {
    if (word(document, "data_stream.dataset") !== "system.auth") return ["otherDataSet"];
    const time = Date.parse(word(document, "@timestamp") ?? "");
    if (!(time >= 0 && time < END_OF_TIME)) return ["malformed", "@timestamp: there is no event time"];
    const start = Math.floor(time / WINDOW) * WINDOW;
    const wanted = word(document, "event.outcome") === "failure";
    if (this.watermark !== null && start + WINDOW + LATENESS <= this.watermark) {
      this.totals[wanted ? "droppedLate" : "unwanted"] += 1;
      return wanted ? ["droppedLate", "more than eight hours behind the end of its window"] : ["otherDataSet"];
    }
    this.watermark = Math.max(this.watermark ?? -Infinity, time - BEHIND);
    if (!wanted) {
      this.totals.unwanted += 1;
      return ["otherDataSet"];
    }
    if (!this.windows.has(start)) {
      const late = start + WINDOW <= this.watermark;
      this.windows.set(start, { ids: new Set(), groups: new Map(), late, fired: false });
    }
    const window = this.windows.get(start);
    const id = word(document, "event.id");
    if (id !== null && window.ids.has(id)) {
      this.totals.duplicate += 1;
      return ["duplicate"];
    }
    window.ids.add(id);
    const key = [word(document, "user.name"), word(document, "source.ip")];
    const name = JSON.stringify(key);
    if (!window.groups.has(name)) {
      window.groups.set(name, { key, failures: 0, hosts: new Set(), first: time, last: time, revision: 0 });
      this.totals.groups += 1;
    }
    const group = window.groups.get(name);
    group.failures += 1;
    const host = word(document, "host.name");
    if (host !== null) group.hosts.add(host);
    group.first = Math.min(group.first, time);
    group.last = Math.max(group.last, time);
    group.changed = true;
    this.totals.counted += 1;
    if (window.fired || window.late) this.totals.late += 1;
    return ["counted"];
  }

  /** Hands out the alerts of windows that the watermark has passed, and drops those that are over. */
  fire() {
    for (const start of [...this.windows.keys()].sort((a, b) => a - b)) {
      if (this.watermark === null || start + WINDOW > this.watermark) break;
      const window = this.windows.get(start);
      const phase = window.fired || window.late ? "late" : "on-time";
      const groups = [...window.groups.values()].filter((group) => group.changed);
      for (const group of groups.sort((one, other) => compare(one.key, other.key))) {
        group.changed = false;
        if (group.failures >= this.minimum) this.alerts.push(this.alert(start, group, phase));
      }
      if (!window.fired) this.totals.fired += 1;
      window.fired = true;
      if (start + WINDOW + LATENESS <= this.watermark) this.windows.delete(start);
    }
  }

  alert(start, group, phase) {
    group.revision += 1;
    this.revisions[phase] += 1;
    const [user, address] = group.key;
    const part = (name, value) => ({ name, value: value === null ? undefined : { tag: "text", val: value } });
    const key = [part("user.name", user), part("source.ip", address)];
    const columns = [...key.filter((part) => part.value), { name: "auth.failures", value: { tag: "integer", val: BigInt(group.failures) } }];
    if (group.hosts.size > 0) {
      const hosts = [...group.hosts].sort((one, other) => compare([one], [other]));
      columns.push({ name: "auth.hosts", value: { tag: "text-list", val: hosts.slice(0, MOST_HOSTS) } });
    }
    return {
      rule: RULE,
      revision: group.revision,
      phase,
      window: { start: BigInt(start), end: BigInt(start + WINDOW) },
      key,
      firstSeen: BigInt(group.first),
      lastSeen: BigInt(group.last),
      columns,
      reason: `${user ?? "(none)"} failed to log in ${group.failures} times from ${address ?? "(none)"}.`,
      complete: true,
      truncated: group.hosts.size > MOST_HOSTS ? [{ column: "auth.hosts", kind: "capped" }] : [],
      response: [],
      pivots: [],
    };
  }

  advance(to, _clock) {
    if (to !== undefined && to !== null) this.watermark = Math.max(this.watermark ?? -Infinity, Number(to));
    this.fire();
  }

  flush() {
    const starts = [...this.windows.keys()];
    if (starts.length > 0) this.advance(Math.max(...starts) + WINDOW);
  }

  takeAlerts(max) {
    return this.alerts.splice(0, max);
  }

  counters() {
    const { totals, revisions } = this;
    const open = [...this.windows.values()];
    const groups = open.reduce((sum, window) => sum + window.groups.size, 0);
    const counts = {
      unwanted: totals.unwanted,
      counted: totals.counted,
      duplicate: totals.duplicate,
      excluded: 0,
      droppedLate: totals.droppedLate,
      refusedFuture: 0,
      late: totals.late,
      windows: open.length,
      groups,
      windowsFired: totals.fired,
      groupsSeen: totals.groups,
      alertsEarly: 0,
      alertsOnTime: revisions["on-time"],
      alertsLate: revisions.late,
      alertsRetracted: 0,
      evicted: 0,
      idsForgotten: 0,
      stateBytes: groups * 200,
    };
    const numbers = Object.entries(counts).map(([name, count]) => [name, BigInt(count)]);
    return {
      rules: [{ rule: RULE, ...Object.fromEntries(numbers) }],
      mergedDuplicate: 0n,
      mergedLate: 0n,
      tablesMissed: [],
      opened: [],
      watermark: this.watermark === null ? undefined : BigInt(this.watermark),
    };
  }
}

export const detection = { Detector };
