from __future__ import annotations

from django import forms


class SampleForm(forms.Form):
    """One field of each kind, for the page of components."""

    name = forms.CharField(max_length=40, help_text="Shown to callers.")
    email = forms.EmailField(label="E-mail", required=False)
    prompt = forms.CharField(widget=forms.Textarea, required=False)
    voice = forms.ChoiceField(choices=[("joe", "Joe"), ("clara", "Clara")])
    number = forms.IntegerField(
        label="Longest call", min_value=10, max_value=7200, initial=600, help_text="In seconds."
    )
    records = forms.BooleanField(label="Record calls", required=False, help_text="Both sides, as two channels.")
    is_public = forms.BooleanField(
        label="Public link", required=False, widget=forms.CheckboxInput(attrs={"class": "switch", "role": "switch"})
    )
    action = forms.ChoiceField(
        label="On voicemail",
        choices=[("leave", "Leave a message"), ("hang_up", "Hang up")],
        widget=forms.RadioSelect,
        initial="leave",
    )
