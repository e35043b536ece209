/**
 * What instrumented ES modules import. It imports nothing itself, so that it is always evaluated before any module that
 * needs it, import cycles or not. Not part of any public interface.
 */
import type { Helpers } from "./helpers.ts";

const helpers = (globalThis as unknown as Record<string, Helpers>)["sealtrace.runtime"] as Helpers;

export const N: Helpers["N"] = helpers.N;
export const E: Helpers["E"] = helpers.E;
export const V: Helpers["V"] = helpers.V;
export const T: Helpers["T"] = helpers.T;
export const X: Helpers["X"] = helpers.X;
export const S: Helpers["S"] = helpers.S;
export const R: Helpers["R"] = helpers.R;
export const Y: Helpers["Y"] = helpers.Y;
export const C: Helpers["C"] = helpers.C;
export const W: Helpers["W"] = helpers.W;
export const L: Helpers["L"] = helpers.L;
