"""What a service refused, said where the reader looks."""

from __future__ import annotations

from django import forms

from vaniagent.lib import errors


def blame(form: forms.BaseForm, error: errors.ServiceError) -> None:
    """Show the failure at the field that it names; else above the form."""
    form.add_error(error.param if error.param in form.fields else None, error.message)
