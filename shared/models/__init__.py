"""What goes in and out over HTTP: one model for each body, query and answer, with the reference's exact keys and types.

Money is Decimal tenge here and integer minor units (tiyn, 1/100) in Firestore. Unknown fields are ignored.
"""
