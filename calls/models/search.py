"""What calls are found by: the words of their transcripts, and views that people keep of the list."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Lower

from accounts.models import Account, User
from calls.models.call import Call
from vaniagent.lib.tenancy import AccountQuerySet


class CallWords(models.Model):
    """The words of a call that has ended, its account's among them: one look into the index finds only the account's calls."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, primary_key=True, related_name="words")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    vector = SearchVectorField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        indexes = [
            # Text search over the transcripts of an account.
            GinIndex(fields=["vector"], name="call_words_vector"),
        ]

    def __str__(self) -> str:
        return f"words of call {self.call_id}"


class SavedView(models.Model):
    """A list of calls that somebody comes back to: the filter, as its page's URL has it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="saved_views")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    created_at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "user", Lower("name"), name="saved_view_is_named_once")]

    def __str__(self) -> str:
        return self.name
