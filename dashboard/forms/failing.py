"""What a service refused, said where the reader looks."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from vaniagent.lib import errors


def blame(form: forms.BaseForm, error: errors.ServiceError) -> None:
    """Show the failure at the field that it names; else above the form."""
    # The services speak to programs, too, which know fields by their names.
    message = error.message.replace(f"The '{error.param}' field", _("This"))
    form.add_error(error.param if error.param in form.fields else None, message)
