"""allauth's forms, without placeholders that repeat the label and with one sentence on passwords."""

from __future__ import annotations

from typing import Any, Final

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from django.utils.translation import gettext_lazy as _

PASSWORD_HELP: Final = _("At least 10 characters. A few words that do not belong together are easiest to remember.")
_NEW_PASSWORDS: Final = ("password1",)


class _Plain:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in _NEW_PASSWORDS:
                field.help_text = PASSWORD_HELP
            if name in ("login", "email"):
                field.label = _("E-mail")


class LoginForm(_Plain, account.LoginForm):  # type: ignore[misc]  # allauth has no types
    pass


class SignupForm(_Plain, account.SignupForm):  # type: ignore[misc]  # allauth has no types
    pass


class AddEmailForm(_Plain, account.AddEmailForm):  # type: ignore[misc]  # allauth has no types
    pass


class ChangePasswordForm(_Plain, account.ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    pass


class SetPasswordForm(_Plain, account.SetPasswordForm):  # type: ignore[misc]  # allauth has no types
    pass


class ResetPasswordForm(_Plain, account.ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    pass


class ResetPasswordKeyForm(_Plain, account.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth has no types
    pass


class ReauthenticateForm(_Plain, account.ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    pass


class AuthenticateForm(_Plain, mfa.AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    pass
