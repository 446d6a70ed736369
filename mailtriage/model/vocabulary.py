"""The fixed vocabulary of causes: what a refusal or failure comes from. Values are only ever added."""

CAUSES = (
    "ip_reputation", "dnsbl", "domain_reputation", "url_reputation", "auth_spf", "auth_dkim", "auth_dmarc",
    "reverse_dns", "unresolvable_client_hostname", "helo_invalid", "sender_domain_not_found", "greylist", "rate_limit",
    "connection_limit", "user_unknown", "mailbox_full", "mailbox_disabled", "recipient_policy", "sender_rejected",
    "sender_unverifiable", "relay_denied", "auth_required", "auth_failed", "tls_required", "too_large", "content_spam",
    "content_virus", "content_policy", "attachment_blocked", "header_invalid", "dns_failure", "network",
    "system_error", "loop", "expired", "config_error", "protocol_error", "policy", "unclassified",
)  # fmt: skip
