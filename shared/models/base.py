"""What all models have in common: JSON bodies, forms, query strings, and the plain "done"."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator


class Model(BaseModel):
    # A validation error must never repeat what was sent: it may be a password.
    # What an answer has, it always has: its schema says so, defaults or not.
    # Built when first used: a function starts without the models of the others.
    model_config = ConfigDict(
        hide_input_in_errors=True, json_schema_serialization_defaults_required=True, defer_build=True
    )


class Body(Model):
    """A JSON request body."""


class Form(Model):
    """A form-encoded request body."""


class Params(Model):
    """The query string. What is empty there counts as absent, as forms send it."""

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value != "" and not str(value).isspace()}


class Status(Model):
    """Done."""

    status: Literal["ok"] = "ok"
