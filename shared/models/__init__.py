"""What goes in and out over HTTP: one model for each body, query and answer.

Money is Decimal tenge here and integer minor units (tiyn, 1/100) in Firestore. Unknown fields are ignored.
"""
