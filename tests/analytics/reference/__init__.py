"""Slow estimators, written from the formulas: the judges of the fast ones."""
