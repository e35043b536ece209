import { DatabaseSync } from "node:sqlite";

const SCHEMA = `
  CREATE TABLE accounts (email TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
  CREATE TABLE books (isbn TEXT PRIMARY KEY, title TEXT NOT NULL, cents INTEGER NOT NULL, stock INTEGER NOT NULL) STRICT;
  CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    isbn TEXT NOT NULL REFERENCES books,
    quantity INTEGER NOT NULL,
    cents INTEGER NOT NULL,
    address TEXT NOT NULL, -- JSON; null for books that are picked up
    placed_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX orders_by_time ON orders (placed_at);
`;

const BOOKS = [
  ["978-0131103627", "The C Programming Language", 4_900, 40],
  ["978-0201633610", "Design Patterns", 5_400, 25],
  ["978-0262510875", "Structure and Interpretation", 6_100, 2],
  ["978-0735619678", "Code Complete", 3_900, 60],
] as const;

const PAST_ORDERS = 7_000;
const DAY_MS = 86_400_000;

/** The shop's database, in memory, with its books and a year of orders. */
export function openDatabase(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  database.exec(SCHEMA);
  transaction(database, () => {
    const addBook = database.prepare("INSERT INTO books VALUES (?, ?, ?, ?)");
    for (const book of BOOKS) addBook.run(...book);
    const addOrder = database.prepare("INSERT INTO orders VALUES (NULL, ?, ?, ?, ?, ?, ?)");
    const now = Date.now();
    for (let i = 0; i < PAST_ORDERS; i += 1) {
      const [isbn, , cents] = BOOKS[i % BOOKS.length] ?? BOOKS[0];
      const placedAt = new Date(now - (PAST_ORDERS - i) * ((365 * DAY_MS) / PAST_ORDERS));
      addOrder.run(`reader-${i % 200}@example.org`, isbn, 1, cents, "null", placedAt.toISOString());
    }
  });
  return database;
}

/** Runs `work` as one transaction: all of it is done, or none. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
