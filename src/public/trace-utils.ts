/** `sealtrace/trace-utils`: what recorded calls tell. */
export {
  callTree,
  hotspots,
  openTrace,
  type CallNode,
  type CallTree,
  type CallTreeOptions,
  type Hotspot,
  type HotspotOptions,
  type Hotspots,
  type OpenTraceOptions,
  type Trace,
} from "../trace-utils/index.ts";
