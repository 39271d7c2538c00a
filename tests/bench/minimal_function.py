"""The smallest function that uses Firestore: what the cold starts of the real ones are compared with."""

from google.cloud import firestore

client = firestore.Client()


def bare(_: object) -> str:
    return "ok"
