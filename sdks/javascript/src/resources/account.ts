import type { Account, AccountChanges, TopUp, TopUpBody, Transaction, TransactionKind } from "../models/account.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource, segment } from "./resource.js";

export type TransactionFilter = Range & { kind?: TransactionKind };

/** The account: its plan, its credits and what became of them. */
export class AccountResource extends Resource {
  /** Get the account. */
  get(options?: RequestOptions): APIPromise<Account> {
    return this.api.request("GET", "/account", undefined, options);
  }

  /** Change the account. */
  update(changes: AccountChanges, options?: RequestOptions): APIPromise<Account> {
    return this.api.request("PATCH", "/account", changes, options);
  }

  /** Get the statement of a month as CSV. `month` is such as `2026-11`; left out, the present one. */
  statement(filter?: { month?: string }, options?: RequestOptions): APIPromise<string> {
    return this.api.text("/account/statement", filter, options);
  }

  /** List what moved credits, newest first. */
  listTransactions(filter?: TransactionFilter, options?: RequestOptions): PagePromise<Transaction> {
    return this.api.page("/account/transactions", filter, options);
  }

  /** List top-ups, newest first. */
  listTopUps(filter?: Range, options?: RequestOptions): PagePromise<TopUp> {
    return this.api.page("/account/top_ups", filter, options);
  }

  /** Begin to buy credits: whoever opens the answer's `url` pays there. */
  createTopUp(body: TopUpBody, options?: RequestOptions): APIPromise<TopUp> {
    return this.api.request("POST", "/account/top_ups", body, options);
  }

  /** Get a top-up. */
  getTopUp(topUpId: string, options?: RequestOptions): APIPromise<TopUp> {
    return this.api.request("GET", `/account/top_ups/${segment(topUpId)}`, undefined, options);
  }
}
