"""Inputs of the accounts: read, refused with row and remedy, and written as workbooks."""
