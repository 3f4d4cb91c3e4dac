"""Who: accounts, the people in them and the keys that speak for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def _account_id() -> str:
    return ids.new("acct")


def _key_id() -> str:
    return ids.new("key")


def _invitation_id() -> str:
    return ids.new("inv")


class Scope(models.TextChoices):
    """What a key may do. `admin` may do what the others may."""

    READ = "read"
    CALLS = "calls"
    ADMIN = "admin"


def _every_scope() -> list[str]:
    return list(Scope.values)


class Plan(models.TextChoices):
    STARTER = "starter"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


class Account(models.Model):
    """A customer: everything that costs or is private belongs to one."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    public_id = models.CharField(max_length=40, unique=True, default=_account_id, editable=False)
    name = models.CharField(max_length=100)
    plan = models.CharField(max_length=20, choices=Plan.choices, default=Plan.STARTER)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    # The account's own numbers; null means the plan's.
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    requests_per_hour = models.PositiveIntegerField(null=True, blank=True)
    max_live_calls = models.PositiveIntegerField(null=True, blank=True)
    call_price_per_minute = models.BigIntegerField(null=True, blank=True, help_text="Micro-credits")
    # When its owner closed it. It is suspended from then on, and its callers' data are erased some time later.
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.public_id


class UserManager(BaseUserManager["User"]):
    """Users are known by e-mail; case does not tell two apart."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=(username or "").strip())


class User(AbstractUser):
    """A person who logs in."""

    username = None  # type: ignore[assignment]  # AbstractUser's column is dropped: the e-mail is the name
    email = models.EmailField(unique=True)
    # The zone that times are shown in, such as Europe/Berlin. Empty: the browser's.
    time_zone = models.CharField(max_length=64, blank=True, default="", db_default="")

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # AbstractUser names its own manager

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_is_taken_once")]

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """A person's place in an account."""

    class Role(models.TextChoices):
        # The highest first.
        OWNER = "owner", _("Owner")
        ADMIN = "admin", _("Admin")
        DEVELOPER = "developer", _("Developer")
        VIEWER = "viewer", _("Viewer")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.OWNER)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "user", name="membership_is_held_once")]
        permissions = [("impersonate_member", "Can look at an account as its member")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.account_id}"

    def reaches(self, role: str) -> bool:
        """Whether this place has at least this role's rights."""
        ranks = [rank.value for rank in reversed(self.Role)]
        return ranks.index(self.role) >= ranks.index(role)


class ApiKey(models.Model):
    """A key of the /v1 API. The key itself is shown once; its digest finds it again."""

    class Mode(models.TextChoices):
        LIVE = "live"
        TEST = "test"

    public_id = models.CharField(max_length=40, unique=True, default=_key_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, blank=True)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    scopes = ArrayField(
        models.CharField(max_length=20, choices=Scope.choices), default=_every_scope, db_default=_every_scope()
    )
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the key, hex")
    last4 = models.CharField(max_length=4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=_every_scope()) & models.Q(scopes__len__gt=0),
                name="api_key_has_known_scopes",
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    def allows(self, scope: str) -> bool:
        """Whether the key may do what needs this scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


class IdempotentAnswer(models.Model):
    """The first successful answer to a POST with an `Idempotency-Key`, kept for 24 hours."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64, help_text="SHA-256 of method, path and body, hex")
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField(help_text="Encrypted: some answers hold a secret")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "key", name="idempotency_key_is_answered_once")]
        indexes = [
            # The sweep of answers past their 24 hours.
            models.Index(fields=["created_at"], name="idempotent_answer_age"),
        ]

    def __str__(self) -> str:
        return self.key


class Invitation(models.Model):
    """A place in an account that is offered to an e-mail address. Of its token only the digest is kept."""

    public_id = models.CharField(max_length=40, unique=True, default=_invitation_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Membership.Role.choices)
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the token, hex")
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "account",
                Lower("email"),
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="address_is_invited_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class AuditEntry(models.Model):
    """Who did what in an account. Never changed or deleted; a person or key that goes leaves its name here."""

    class ActorKind(models.TextChoices):
        USER = "user"
        KEY = "key"
        STAFF = "staff"
        PLATFORM = "platform"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="audit_entries")
    actor_kind = models.CharField(max_length=20, choices=ActorKind.choices)
    # The e-mail of a person; the public id of a key.
    actor = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=60, blank=True, help_text="Public id of what it was done to")
    details = models.JSONField(default=dict, blank=True)
    ip = models.CharField(max_length=50, blank=True, help_text="Address, or of IPv6 the network")
    at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            # The log of an account, newest first; of one action; of one thing.
            models.Index(fields=["account", "-id"], name="audit_by_account"),
            models.Index(fields=["account", "action", "-id"], name="audit_by_action"),
            models.Index(fields=["account", "target", "-id"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
