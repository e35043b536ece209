import { compressionSeeds, decompressEveryWay } from "../compression.ts";

export const name = "brotli";

export function seeds(): Uint8Array[] {
  return compressionSeeds("brotli");
}

export async function run(bytes: Uint8Array): Promise<string> {
  return decompressEveryWay(bytes, "brotli");
}
