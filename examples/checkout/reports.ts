import type { DatabaseSync } from "node:sqlite";

export interface DayRevenue {
  readonly day: string;
  readonly cents: number;
}

/** Revenue of each of the last 365 days. Slow: `date(placed_at)` keeps the index on `placed_at` from being used. */
const REVENUE_BY_DAY = `
  WITH RECURSIVE days (day) AS (
    SELECT date('now', '-364 days')
    UNION ALL
    SELECT date(day, '+1 day') FROM days WHERE day < date('now')
  )
  SELECT day, coalesce(sum(cents), 0) AS cents
  FROM days LEFT JOIN orders ON date(placed_at) = day
  GROUP BY day
`;

export function revenueByDay(database: DatabaseSync): DayRevenue[] {
  return database.prepare(REVENUE_BY_DAY).all() as unknown as DayRevenue[];
}
