"""The addresses of a workspace's settings, and of the invitation into one."""

from __future__ import annotations

from django.urls import path

from dashboard.views import (
    audit,
    billing,
    data,
    do_not_call,
    invitation,
    keys,
    lines,
    members,
    webhooks,
    workspace_settings,
)

SETTINGS = [
    path("settings/keys", keys.key_list, name="settings_keys"),
    path("settings/keys/<str:key_id>/revoke", keys.revoke, name="revoke_key"),
    path("settings/webhooks", webhooks.endpoint_list, name="settings_webhooks"),
    path("settings/webhooks/new", webhooks.new_endpoint, name="new_webhook"),
    path("settings/webhooks/deliveries/<str:delivery_id>", webhooks.show_delivery, name="webhook_delivery"),
    path("settings/webhooks/deliveries/<str:delivery_id>/replay", webhooks.replay_delivery, name="replay_delivery"),
    path("settings/webhooks/<str:endpoint_id>", webhooks.show_endpoint, name="webhook"),
    path("settings/webhooks/<str:endpoint_id>/edit", webhooks.edit_endpoint, name="edit_webhook"),
    path("settings/webhooks/<str:endpoint_id>/test", webhooks.send_test, name="test_webhook"),
    path("settings/webhooks/<str:endpoint_id>/pause", webhooks.pause_endpoint, name="pause_webhook"),
    path("settings/webhooks/<str:endpoint_id>/enable", webhooks.enable_endpoint, name="enable_webhook"),
    path("settings/webhooks/<str:endpoint_id>/rotate", webhooks.rotate_secret, name="rotate_webhook_secret"),
    path("settings/webhooks/<str:endpoint_id>/replay", webhooks.replay_range, name="replay_webhook"),
    path("settings/webhooks/<str:endpoint_id>/delete", webhooks.delete_endpoint, name="delete_webhook"),
    path("settings/billing", billing.show_billing, name="settings_billing"),
    path("settings/billing/statement.csv", billing.download_statement, name="statement"),
    path("settings/billing/top-up", billing.top_up, name="top_up"),
    path("settings/billing/alert", billing.set_alert, name="low_balance_alert"),
    path("settings/members", members.member_list, name="settings_members"),
    path("settings/members/role", members.change_role, name="change_role"),
    path("settings/members/remove", members.remove_member, name="remove_member"),
    path("settings/members/transfer", members.transfer_ownership, name="transfer_ownership"),
    path(
        "settings/members/invitations/<str:invitation_id>/resend", members.resend_invitation, name="resend_invitation"
    ),
    path(
        "settings/members/invitations/<str:invitation_id>/withdraw",
        members.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("invitations/<str:token>", invitation.show_invitation, name="invitation"),
    path("settings/data", data.show_data, name="settings_data"),
    path("settings/data/retention", data.set_retention, name="set_retention"),
    path("settings/data/export", data.ask_export, name="ask_export"),
    path("settings/data/exports/<str:export_id>", data.download_export, name="download_export"),
    path("settings/data/erase", data.erase_caller, name="erase_caller"),
    path("settings/do-not-call", do_not_call.show_list, name="settings_do_not_call"),
    path("settings/do-not-call/add", do_not_call.add_number, name="add_do_not_call"),
    path("settings/do-not-call/import", do_not_call.import_numbers, name="import_do_not_call"),
    path("settings/do-not-call/export.csv", do_not_call.export_numbers, name="export_do_not_call"),
    path("settings/do-not-call/<str:entry_id>/remove", do_not_call.remove_number, name="remove_do_not_call"),
    path("settings/audit", audit.audit_log, name="settings_audit"),
    path("settings/lines", lines.show_lines, name="settings_lines"),
    path("settings/lines/new/sip", lines.new_line, {"kind": "sip"}, name="new_sip_line"),
    path("settings/lines/new/twilio", lines.new_line, {"kind": "twilio"}, name="new_twilio_line"),
    path("settings/lines/<str:line_id>/edit", lines.edit_line, name="edit_line"),
    path("settings/lines/<str:line_id>/check", lines.check_line, name="check_line"),
    path("settings/lines/<str:line_id>/default", lines.make_default, name="make_default_line"),
    path("settings/lines/<str:line_id>/delete", lines.delete_line, name="delete_line"),
    path("settings/workspace", workspace_settings.show_workspace, name="settings_workspace"),
    path("settings/workspace/new", workspace_settings.new_workspace, name="new_workspace"),
    path("settings/workspace/close", workspace_settings.close_workspace, name="close_workspace"),
]
