import { deserializeFromMessagePack, serializeToMessagePack } from "../../src/serialize-utils/index.ts";
import { readAndWrite, richSeeds } from "../binary-format.ts";

export const name = "message-pack";

export function seeds(): Uint8Array[] {
  // Forms that are never written: long heads, 32-bit floats, an unknown extension, a map that becomes one at its second key.
  const others = [
    "dc0002ccff d3ffffffffffffff00",
    "de0001d90161ca3f800000",
    "93d405ffc70301616263d6ff00000001",
    "82a1610182016202",
  ];
  return [...richSeeds(serializeToMessagePack), ...others.map((hex) => Buffer.from(hex.replaceAll(" ", ""), "hex"))];
}

export function run(bytes: Uint8Array): unknown {
  return readAndWrite(bytes, deserializeFromMessagePack, serializeToMessagePack);
}
