import { randomBytes, randomUUID, scrypt, timingSafeEqual, type BinaryLike } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

const deriveKey = promisify<BinaryLike, BinaryLike, number, Buffer>(scrypt);
const KEY_BYTES = 32;
/** After so many wrong passwords in a row an account is locked. */
const MAX_FAILURES = 3;

export type LoginResult =
  { readonly outcome: "welcome"; readonly token: string } | { readonly outcome: "refused" | "locked" };

/** Who may order: accounts with passwords, and the sessions of those who have logged in. */
export class Accounts {
  readonly #database: DatabaseSync;
  readonly #failures = new Map<string, number>();
  readonly #sessions = new Map<string, string>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async register(email: string, password: string): Promise<void> {
    const salt = randomBytes(16);
    const hash = await deriveKey(password, salt, KEY_BYTES);
    this.#database.prepare("INSERT INTO accounts VALUES (?, ?, ?)").run(email, salt, hash);
  }

  async login(email: string, password: string): Promise<LoginResult> {
    const failures = this.#failures.get(email) ?? 0;
    if (failures >= MAX_FAILURES) return { outcome: "locked" };
    if (!(await this.#isRight(email, password))) {
      this.#failures.set(email, failures + 1);
      console.warn(`login of ${email} failed (${failures + 1} of ${MAX_FAILURES})`);
      return { outcome: "refused" };
    }
    this.#failures.delete(email);
    const token = randomUUID();
    this.#sessions.set(token, email);
    return { outcome: "welcome", token };
  }

  /** The customer that a session belongs to. */
  emailOf(token: string): string | undefined {
    return this.#sessions.get(token);
  }

  async #isRight(email: string, password: string): Promise<boolean> {
    const account = this.#database.prepare("SELECT salt, hash FROM accounts WHERE email = ?").get(email) as
      { salt: Uint8Array; hash: Uint8Array } | undefined;
    // Unknown customers take as long as known ones, so that nobody learns who is one.
    const hash = await deriveKey(password, account?.salt ?? "", KEY_BYTES);
    return account !== undefined && timingSafeEqual(hash, account.hash);
  }
}
