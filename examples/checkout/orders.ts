import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { transaction } from "./database.ts";
import type { Card, PaymentGateway } from "./payments.ts";

export interface Address {
  readonly street: string;
  readonly city: string;
}

export interface Basket {
  readonly isbn: string;
  readonly quantity: number;
  readonly card: Card;
  /** Missing when the books are picked up. */
  readonly address?: Address;
}

export interface Order {
  readonly id: number;
  readonly cents: number;
  readonly tracking: string;
}

/** There are fewer books than were ordered. */
export class OutOfStock extends Error {
  override readonly name = "OutOfStock";
}

export class Orders {
  readonly #database: DatabaseSync;
  readonly #gateway: PaymentGateway;

  constructor(database: DatabaseSync, gateway: PaymentGateway) {
    this.#database = database;
    this.#gateway = gateway;
  }

  /** Reserves, takes the money, ships. Throws OutOfStock and PaymentDeclined; then nothing is reserved. */
  async place(email: string, basket: Basket): Promise<Order> {
    const cents = this.#reserve(basket);
    let parcel: string;
    try {
      [parcel] = await Promise.all([this.#pack(basket), this.#gateway.charge(basket.card, cents)]);
    } catch (error) {
      this.#release(basket);
      throw error;
    }
    const id = this.#save(email, basket, cents);
    const tracking = await this.#ship(parcel);
    // Nobody waits for the mail: the order stands without it.
    void this.#mailReceipt(email, id);
    return { id, cents, tracking };
  }

  /** What a customer gets on paper; undefined when this customer has no such order. */
  receipt(email: string, id: number): string | undefined {
    const row = this.#database
      .prepare(
        "SELECT title, quantity, orders.cents, address FROM orders JOIN books USING (isbn) WHERE id = ? AND email = ?",
      )
      .get(id, email) as { title: string; quantity: number; cents: number; address: string } | undefined;
    if (row === undefined) return undefined;
    const address = JSON.parse(row.address) as Address;
    return `${row.quantity} × ${row.title}, ${(row.cents / 100).toFixed(2)} EUR, to ${address.street}, ${address.city}`;
  }

  /** Returns the price of what it reserved, in cents. */
  #reserve({ isbn, quantity }: Basket): number {
    return transaction(this.#database, () => {
      const book = this.#database
        .prepare("UPDATE books SET stock = stock - ? WHERE isbn = ? AND stock >= ? RETURNING cents")
        .get(quantity, isbn, quantity) as { cents: number } | undefined;
      if (book === undefined) throw new OutOfStock(`There are not ${quantity} of ${isbn} in stock.`);
      return book.cents * quantity;
    });
  }

  #release({ isbn, quantity }: Basket): void {
    this.#database.prepare("UPDATE books SET stock = stock + ? WHERE isbn = ?").run(quantity, isbn);
  }

  async #pack({ isbn, quantity }: Basket): Promise<string> {
    await sleep(20 + 5 * quantity);
    return `parcel-${isbn.slice(-4)}-${quantity}`;
  }

  #save(email: string, { isbn, quantity, address }: Basket, cents: number): number {
    const { lastInsertRowid } = this.#database
      .prepare("INSERT INTO orders VALUES (NULL, ?, ?, ?, ?, ?, ?)")
      .run(email, isbn, quantity, cents, JSON.stringify(address ?? null), new Date().toISOString());
    return Number(lastInsertRowid);
  }

  async #ship(parcel: string): Promise<string> {
    await sleep(25);
    return `tracking-${parcel}`;
  }

  async #mailReceipt(email: string, id: number): Promise<void> {
    await sleep(25);
    const domain = email.slice(email.indexOf("@") + 1);
    if (!domain.includes(".")) throw new Error(`no mail server for ${domain}: the receipt of order ${id} was not sent`);
  }
}
