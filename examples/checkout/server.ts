import type { DatabaseSync } from "node:sqlite";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Accounts } from "./accounts.ts";
import { OutOfStock, type Basket, type Orders } from "./orders.ts";
import { PaymentDeclined } from "./payments.ts";
import { revenueByDay } from "./reports.ts";

export interface Services {
  readonly database: DatabaseSync;
  readonly accounts: Accounts;
  readonly orders: Orders;
}

const CREDENTIALS = {
  type: "object",
  required: ["email", "password"],
  properties: { email: { type: "string" }, password: { type: "string" } },
} as const;

const BASKET = {
  type: "object",
  required: ["isbn", "quantity", "card"],
  properties: {
    isbn: { type: "string" },
    quantity: { type: "integer", minimum: 1 },
    card: {
      type: "object",
      required: ["number", "expires", "cvc"],
      properties: { number: { type: "string" }, expires: { type: "string" }, cvc: { type: "string" } },
    },
    address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } },
  },
} as const;

const STATUS_OF_LOGIN = { welcome: 200, refused: 401, locked: 429 } as const;

/** The shop's HTTP interface; not listening yet. */
export function createServer({ database, accounts, orders }: Services): FastifyInstance {
  const server = Fastify();
  const customerOf = (request: FastifyRequest): string | undefined =>
    accounts.emailOf(request.headers.authorization?.replace(/^Bearer /, "") ?? "");

  server.addHook("onResponse", async (request, reply) => {
    const { method, url } = request;
    const duration = `${Math.round(reply.elapsedTime)} ms`;
    console.log(`${method.padEnd(4)} ${url.padEnd(22)} ${reply.statusCode} ${duration.padStart(7)}`);
  });
  server.addHook("onError", async (request, _, error) => {
    console.error(`${request.method} ${request.url} failed: ${error.name}: ${error.message}`);
  });

  server.get("/books", () => database.prepare("SELECT * FROM books").all());

  server.post<{ Body: { email: string; password: string } }>(
    "/login",
    { schema: { body: CREDENTIALS } },
    async (request, reply) => {
      const result = await accounts.login(request.body.email, request.body.password);
      return reply.code(STATUS_OF_LOGIN[result.outcome]).send(result);
    },
  );

  server.post<{ Body: Basket }>("/orders", { schema: { body: BASKET } }, async (request, reply) => {
    const email = customerOf(request);
    if (email === undefined) return reply.code(401).send({ message: "Log in first." });
    try {
      return await reply.code(201).send(await orders.place(email, request.body));
    } catch (error) {
      if (error instanceof PaymentDeclined) return reply.code(402).send({ message: error.message });
      if (error instanceof OutOfStock) return reply.code(409).send({ message: error.message });
      throw error;
    }
  });

  server.get<{ Params: { id: string } }>("/orders/:id/receipt", (request, reply) => {
    const email = customerOf(request);
    if (email === undefined) return reply.code(401).send({ message: "Log in first." });
    const receipt = orders.receipt(email, Number(request.params.id));
    return receipt === undefined ? reply.code(404).send({ message: "There is no such order." }) : { receipt };
  });

  server.get("/reports/revenue", () => revenueByDay(database));

  return server;
}
