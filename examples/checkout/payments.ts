import { setTimeout as sleep } from "node:timers/promises";

export interface Card {
  readonly number: string;
  readonly expires: string;
  readonly cvc: string;
}

export interface Payment {
  readonly id: string;
  readonly cents: number;
}

/** The customer's bank said no; the message may be shown to the customer. */
export class PaymentDeclined extends Error {
  override readonly name = "PaymentDeclined";
}

/** Stands for a payment provider: it takes its time, and refuses the cards that providers use for testing refusals. */
export class PaymentGateway {
  #payments = 0;

  /** Throws PaymentDeclined. */
  async charge(card: Card, cents: number): Promise<Payment> {
    const digits = card.number.replaceAll(" ", "");
    if (!passesLuhn(digits)) throw new PaymentDeclined("The card number has a typing error.");
    await sleep(35);
    if (digits.endsWith("0002")) throw new PaymentDeclined("The bank declined the payment.");
    this.#payments += 1;
    return { id: `pay-${this.#payments}`, cents };
  }
}

/** The check digit of card numbers, ISO/IEC 7812-1. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (const [i, digit] of [...digits].reverse().entries()) {
    const weighed = Number(digit) * (i % 2 === 0 ? 1 : 2);
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return digits.length >= 12 && sum % 10 === 0;
}
