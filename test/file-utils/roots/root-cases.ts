/**
 * Paths that lead through links and dots, inside and out: the cases of the table that Go has for its `os.Root` (src/os/root_test.go), and some more. Each says
 * where a path should lead, so that every operation can be tried on all of them.
 */
import type { Tree } from "../../support/tree.ts";

export interface PathCase {
  readonly title: string;
  /** What is in the root, which is called `root` and lies beside `outside`. `BASE` in links is the directory of both. */
  readonly tree: Tree;
  readonly path: string;
  /** Where it leads, in the root, when all links are followed; or, where that goes through the outside, what must not be touched. */
  readonly target?: string;
  /** The link in the last place, in the root. */
  readonly link?: string;
  /** Refused: it leads out, though it may come back. */
  readonly leaves?: true;
  /** Fails in any case, with this code. */
  readonly fails?: string;
}

const link = (target: string): { readonly link: string } => ({ link: target });

export const PATH_CASES: readonly PathCase[] = [
  { title: "a name", tree: {}, path: "target", target: "target" },
  { title: "a name in directories", tree: { "a/b/c": null }, path: "a/b/c/target", target: "a/b/c/target" },
  { title: "a link", tree: { link: link("target") }, path: "link", target: "target", link: "link" },
  { title: "a link to above the root", tree: { link: link("../") }, path: "link", link: "link", leaves: true },
  { title: "a link that ends in a slash", tree: { dir: null, link: link("dir/") }, path: "link/target", target: "dir/target" },
  { title: "a slash after a link to a file, through the outside", tree: { link: link("../root/target") }, path: "link/", target: "target", leaves: true },
  { title: "a slash after a link to a directory, through the outside", tree: { link: link("../root/dir"), dir: null }, path: "link/", leaves: true },
  { title: "a link to two above", tree: { "dir/link": link("../../") }, path: "dir/link", link: "dir/link", leaves: true },
  {
    title: "a chain of links",
    tree: { link: link("a/b/c/target"), "a/b": link("e"), "a/e": link("../f"), f: link("g/h/i"), "g/h/i": link(".."), "g/c": null },
    path: "link",
    target: "g/c/target",
    link: "link",
  },
  { title: "dots", tree: { "a/b": null }, path: "./a/./b/./target", target: "a/b/target" },
  { title: "slashes", tree: { "a/b": null }, path: "a//b///target", target: "a/b/target" },
  { title: "up and down", tree: { "a/b": null }, path: "a/../a/b/../../a/b/../b/target", target: "a/b/target" },
  { title: "above", tree: {}, path: "../", leaves: true },
  { title: "above, without a slash", tree: {}, path: "..", leaves: true },
  { title: "down and above", tree: { a: null }, path: "a/../../", leaves: true },
  { title: "down and up", tree: { a: null }, path: "a/../target", target: "target" },
  { title: "up after a link", tree: { a: link("b/c"), "b/c": null }, path: "a/../target", target: "b/target" },
  { title: "up before a link", tree: { a: link("b/c"), "b/c": null }, path: "b/../a/target", target: "b/c/target" },
  { title: "a link that ends in a dot", tree: { a: link("b/."), b: null }, path: "a/target", target: "b/target" },
  { title: "nothing in the way there", tree: {}, path: "a/file", fails: "SEALTRACE_FILE_MISSING" },
  { title: "a file in the way there", tree: { a: "" }, path: "a/file", fails: "any" },
  { title: "an empty path", tree: {}, path: "", fails: "SEALTRACE_ACCESS_DENIED" },
  { title: "a link to itself", tree: { a: link("a") }, path: "a", link: "a", fails: "SEALTRACE_LINK_REFUSED" },
  { title: "links in a circle on the way", tree: { a: link("b"), b: link("a") }, path: "a/file", fails: "SEALTRACE_LINK_REFUSED" },
  { title: "out and back", tree: {}, path: "../root/target", target: "target", leaves: true },
  { title: "down, out and back", tree: { a: null }, path: "a/../../root/target", target: "target", leaves: true },
  { title: "an absolute link", tree: { link: link("BASE/root/target") }, path: "link", target: "target", link: "link", leaves: true },
  { title: "an absolute link on the way", tree: { link: link("BASE/root/dir"), dir: null }, path: "link/target", target: "dir/target", leaves: true },
  { title: "a link out and back", tree: { link: link("../root/target") }, path: "link", target: "target", link: "link", leaves: true },
  // As deep as where it leads: who only counts levels is fooled.
  { title: "a link out and back on the way", tree: { link: link("../root/dir"), dir: null }, path: "link/target", target: "dir/target", leaves: true },
  { title: "a link out and back on the way, further up", tree: { link: link("../root/dir"), "dir/a/b": null }, path: "link/a/b/target", target: "dir/a/b/target", leaves: true },
  {
    title: "a chain of links that leaves",
    tree: { link: link("a/b/c/target"), "a/b": link("e"), "a/e": link("../../root"), c: null },
    path: "link",
    target: "c/target",
    link: "link",
    leaves: true,
  },
  { title: "a link to what is outside", tree: { link: link("../outside/target") }, path: "link", link: "link", leaves: true },
  { title: "a link to a directory outside", tree: { link: link("../outside") }, path: "link/target", leaves: true },
  { title: "an absolute path", tree: {}, path: "/target", leaves: true },
  { title: "a NUL", tree: {}, path: "target\0.txt", leaves: true },
  { title: "a backslash in a name", tree: { "a\\..\\b": null }, path: "a\\..\\b/target", target: "a\\..\\b/target" },
  { title: "a question mark", tree: {}, path: "?", target: "?" },
  { title: "dots that are a name", tree: {}, path: "...", target: "..." },
  { title: "a name that is too long", tree: {}, path: "n".repeat(500), fails: "any" },
]; // prettier-ignore
