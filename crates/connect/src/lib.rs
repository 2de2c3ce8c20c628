//! Clients of the outside: police platform, WeChat, WeChat Pay, messages, face check.
