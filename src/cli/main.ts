#!/usr/bin/env node
// Plain enough for an old Node to read, so that it can say what it needs; everything else is imported after that.
import { SUPPORTED_NODE, supportsNode } from "./node-version.ts";

if (supportsNode(process.versions.node)) {
  void import("./commands.ts").then(({ runCommand }) => runCommand(process.argv.slice(2)));
} else {
  process.stderr.write(`sealtrace needs Node ${SUPPORTED_NODE}; this is ${process.versions.node}.\n`);
  process.exitCode = 2;
}
