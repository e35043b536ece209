/** Loaded when something is first encrypted or decrypted: elliptic curves and post-quantum keys in JavaScript take their time. */
export function loadAge(): Promise<typeof import("age-encryption")> {
  return import("age-encryption");
}

export function loadCurves(): Promise<typeof import("@noble/curves/ed25519.js")> {
  return import("@noble/curves/ed25519.js");
}
