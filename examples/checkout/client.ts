import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "./orders.ts";

/** Those who have an account. The card numbers are the test numbers that payment providers publish. */
export const CUSTOMERS = [
  { email: "ada@example.org", password: "analytical-engine-1843", card: "4242 4242 4242 4242" },
  { email: "grace@example.org", password: "nanoseconds-of-wire", card: "4000 0000 0000 0002" },
  { email: "linus@localhost", password: "just-for-fun-1991", card: "5555 5555 5555 4444" },
] as const;

type Customer = (typeof CUSTOMERS)[number];

const HOME: Address = { street: "12 St James's Square", city: "London" };

/** What happens in the shop within about two seconds. */
export async function visitShop(shop: string): Promise<void> {
  const [ada, grace, linus] = CUSTOMERS;
  await Promise.all([
    buyEveryBook(shop, ada),
    tryCard(shop, grace),
    pickUp(shop, linus),
    guess(shop),
    countMoney(shop),
  ]);
}

async function buyEveryBook(shop: string, customer: Customer): Promise<void> {
  const token = await login(shop, customer);
  const books = (await get(shop, "/books")) as { isbn: string }[];
  for (const { isbn } of books) {
    await sleep(250);
    const order = (await post(
      shop,
      "/orders",
      { isbn, quantity: 1, card: cardOf(customer), address: HOME },
      token,
    )) as {
      id: number;
    };
    await get(shop, `/orders/${order.id}/receipt`, token);
  }
}

/** Her card is refused, and refused again. */
async function tryCard(shop: string, customer: Customer): Promise<void> {
  await sleep(150);
  const token = await login(shop, customer);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await sleep(400);
    await post(shop, "/orders", { isbn: "978-0735619678", quantity: 2, card: cardOf(customer), address: HOME }, token);
  }
}

/** He picks his books up, and wants a receipt. */
async function pickUp(shop: string, customer: Customer): Promise<void> {
  await sleep(300);
  const token = await login(shop, customer);
  const basket = { isbn: "978-0262510875", card: cardOf(customer) };
  await post(shop, "/orders", { ...basket, quantity: 5 }, token);
  await sleep(500);
  const order = (await post(shop, "/orders", { ...basket, quantity: 1 }, token)) as { id: number };
  await get(shop, `/orders/${order.id}/receipt`, token);
}

/** Somebody else tries to get into Linus's account, once he is in. */
async function guess(shop: string): Promise<void> {
  await sleep(900);
  for (const password of ["penguin", "tux-1991", "kernel-panic", "sisu"]) {
    await post(shop, "/login", { email: "linus@localhost", password });
    await sleep(120);
  }
}

/** The owner looks at the year, twice. */
async function countMoney(shop: string): Promise<void> {
  await sleep(450);
  await get(shop, "/reports/revenue");
  await sleep(850);
  await get(shop, "/reports/revenue");
}

async function login(shop: string, { email, password }: Customer): Promise<string> {
  const { token } = (await post(shop, "/login", { email, password })) as { token: string };
  return token;
}

function cardOf({ card }: Customer): { number: string; expires: string; cvc: string } {
  return { number: card, expires: "12/29", cvc: "737" };
}

async function get(shop: string, path: string, token?: string): Promise<unknown> {
  const response = await fetch(shop + path, { headers: authorization(token) });
  return response.json();
}

async function post(shop: string, path: string, body: object, token?: string): Promise<unknown> {
  const response = await fetch(shop + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...authorization(token) },
    body: JSON.stringify(body),
  });
  return response.json();
}

function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
