/** The record that both loggers write. */
export const MESSAGE = "order placed";

export function fields(i) {
  return {
    orderId: i,
    customer: "c-81734",
    items: 3,
    total: 129.95,
    currency: "EUR",
    express: true,
    warehouse: "north-2",
    attempt: 1,
  };
}
