/** What recorded calls tell: trees, and where the time goes. */
export { openTrace, type Trace, type OpenTraceOptions } from "./open-trace.ts";
export { readEvents, type CallEvent } from "./read-events.ts";
export { callTree, type CallNode, type CallTree, type CallTreeOptions } from "./call-tree.ts";
export { hotspots, type Hotspot, type HotspotOptions, type Hotspots } from "./hotspots.ts";
