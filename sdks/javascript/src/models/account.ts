import type { Open } from "./agent.js";

export type Plan = Open<"starter" | "professional" | "enterprise">;
export type TransactionKind = Open<"grant" | "top_up" | "charge" | "adjustment" | "refund" | "reinstatement">;
export type TopUpStatus = Open<"open" | "processing" | "paid" | "failed" | "expired">;

/** Money is decimal text: one credit is one US dollar. */
export interface Account {
  id: string;
  name: string;
  plan: Plan;
  credits: string;
  liveCalls: number;
  maxLiveCalls: number;
  lowBalanceCredits: string;
}

/** @schema PatchedAccountChanges */
export interface AccountChanges {
  lowBalanceCredits?: string | null;
}

export interface Transaction {
  postedAt: string;
  kind: TransactionKind;
  reference: string;
  memo: string;
  amount: string;
}

export interface TopUp {
  id: string;
  url: string | null;
  credits: string;
  status: TopUpStatus;
  createdAt: string;
  paidAt: string | null;
}

export interface TopUpBody {
  credits: string;
  successUrl?: string;
  cancelUrl?: string;
}
