"""Printed numbers, the counts behind them, what they say of each other, and the ledger."""
